"""Readers that MDAnalysis lacks: all models or frames of a text file, restart files of AMBER."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, ClassVar

import gemmi
import numpy as np
from MDAnalysis.coordinates.base import ReaderBase, SingleFrameReaderBase
from MDAnalysis.coordinates.GRO import GROReader
from MDAnalysis.coordinates.memory import MemoryReader
from MDAnalysis.coordinates.PDB import PDBReader
from MDAnalysis.coordinates.timestep import Timestep
from MDAnalysis.lib.util import NamedStream, anyopen, openany
from scipy.io import netcdf_file

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory.formats.damage import INTACT, cut_text, other_atoms

EQUAL = "give models of the same atoms in the same order"


class PdbModels(PDBReader):
    """The models of a PDB file; each must list the atoms of the first."""

    def _read_frame(self, frame: int) -> Timestep:
        if 0 <= frame < len(self._start_offsets):
            atoms = self._listed(frame)
            if frame == 0:
                self._atoms = atoms
            elif atoms != self._atoms:
                why = f"has {len(atoms)} atoms, the topology {len(self._atoms)}"
                if len(atoms) == len(self._atoms):
                    why = "lists other atoms than the first model"
                raise InputError(
                    f"{self.filename}, frame {frame} (model {frame + 1}) {why}",
                    f"{EQUAL}, or --stop {frame} to analyse what comes before",
                )
        return super()._read_frame(frame)

    def _listed(self, frame: int) -> list[bytes]:
        """Return names and numbers of atoms and residues, columns 13–27, of a model."""
        self._pdbfile.seek(self._start_offsets[frame])
        text = self._pdbfile.read(self._stop_offsets[frame] - self._start_offsets[frame])
        lines = text.splitlines()
        return [line[12:27] for line in lines if line[:6] in (b"ATOM  ", b"HETATM")]


class MmcifModels(MemoryReader):
    """The models of a PDBx/mmCIF file; each must list the atoms of the first."""

    def __init__(self, filename: str | np.ndarray, **kwargs: Any) -> None:
        if isinstance(filename, np.ndarray):  # a copy is made of the coordinates
            super().__init__(filename, **kwargs)
            return
        with openany(filename) as file:
            document = gemmi.cif.read_string(file.read())
        structure = gemmi.make_structure_from_block(document[0])
        flat = gemmi.FlatStructure(structure)
        model = np.asarray(flat.model_num)
        _, sizes = np.unique(model, return_counts=True)
        columns = (flat.atom_names, flat.resnums, flat.residue_names, flat.chain_ids, flat.altlocs)
        for number in range(1, len(sizes)):
            if sizes[number] != sizes[0]:
                raise InputError(
                    f"{filename}, model {number + 1} has {sizes[number]} atoms, the first "
                    f"{sizes[0]}",
                    f"{EQUAL}, or one model",
                )
        for column in map(np.asarray, columns):
            listed = column.reshape(len(sizes), -1)
            if (different := (listed != listed[0]).any(axis=1)).any():
                raise InputError(
                    f"{filename}, model {np.argmax(different) + 1} lists other atoms than the "
                    "first",
                    f"{EQUAL}, or one model",
                )
        xyz = np.asarray(flat.pos, dtype=np.float32).reshape(len(sizes), -1, 3)
        cell = structure.cell
        box = np.array([cell.a, cell.b, cell.c, cell.alpha, cell.beta, cell.gamma], np.float32)
        kwargs |= {"dimensions": box} if structure.cell.is_crystal() else {}
        super().__init__(xyz, filename=filename, **kwargs)


class GroFrames(ReaderBase):
    """The frames of a GRO file, which GROMACS writes one behind the other.

    Attributes
    ----------
    states_times : bool
        Whether the title of every frame says ``t=`` and a time in ps.
    """

    units: ClassVar[dict[str, str]] = {"time": "ps", "length": "nm", "velocity": "nm/ps"}

    def __init__(self, filename: str, **kwargs: Any) -> None:
        super().__init__(filename, **kwargs)
        self._begins: list[int] = [0]
        self._times: list[float | None] = []
        self._index()
        self.states_times = None not in self._times
        self.n_frames = len(self._times)
        self.ts = Timestep(self.n_atoms, **self._ts_kwargs)
        self._reopen()
        self._read_next_timestep()

    def _index(self) -> None:
        """Find where the frames begin."""
        with anyopen(self.filename, "rb") as file:
            while title := file.readline():
                frame = len(self._times)
                count = file.readline()
                if not title.strip() and not count.strip():
                    break  # blank lines at the end
                try:
                    found = int(count)
                except ValueError:
                    raise cut_text(Path(self.filename), frame) from None
                if frame == 0:
                    self.n_atoms = found
                if found != self.n_atoms:
                    raise other_atoms(Path(self.filename), frame, found, self.n_atoms)
                lines = [file.readline() for _ in range(found + 1)]
                if not lines[-1].strip():
                    raise cut_text(Path(self.filename), frame)
                length = len(title) + len(count) + sum(map(len, lines))
                self._begins.append(self._begins[-1] + length)
                time = re.search(rb"\bt=\s*([-+.\deE]+)", title)
                self._times.append(float(time[1]) if time else None)
        if not self._times:
            raise InputError(f"{self.filename} holds no frame", INTACT)

    def _read_next_timestep(self, ts: Timestep | None = None) -> Timestep:
        frame = self.ts.frame + 1
        if frame >= self.n_frames:
            raise EOFError
        return self._read_frame(frame)

    def _read_frame(self, frame: int) -> Timestep:
        if not 0 <= frame < self.n_frames:
            raise OSError(f"there is no frame {frame}")
        with anyopen(self.filename, "rb") as file:
            file.seek(self._begins[frame])
            data = file.read(self._begins[frame + 1] - self._begins[frame])
        one = GROReader(NamedStream(io.StringIO(data.decode()), f"{self.filename}-{frame}.gro"))
        self.ts.positions = one.ts.positions
        self.ts.dimensions = one.ts.dimensions
        self.ts.frame = frame
        if (time := self._times[frame]) is not None:
            self.ts.time = time
        return self.ts

    def _reopen(self) -> None:
        self.ts.frame = -1

    def close(self) -> None:
        """Close nothing: the file is open while a frame is read."""


class AmberRestart(SingleFrameReaderBase):
    """The frame of a NetCDF file of the convention ``AMBERRESTART``, without a dimension of frames.

    https://ambermd.org/netcdf/nctraj.xhtml: coordinates and cell lengths in Å, angles in degrees,
    the time in ps.
    """

    states_times = True
    units: ClassVar[dict[str, str]] = {"time": "ps", "length": "Angstrom"}

    def _read_first_frame(self) -> None:
        with netcdf_file(self.filename, mmap=False, maskandscale=True) as file:
            values = file.variables
            positions = np.array(values["coordinates"][:], dtype=np.float32)
            if positions.ndim != 2 or positions.shape[1] != 3:
                raise ValueError("its coordinates are not those of one frame")
            self.n_atoms = len(positions)
            self.ts = self._Timestep.from_coordinates(positions, **self._ts_kwargs)
            if "cell_lengths" in values and "cell_angles" in values:
                cell = (np.ravel(values[name].data) for name in ("cell_lengths", "cell_angles"))
                self.ts.dimensions = np.concatenate(list(cell)).astype(np.float32)
            if "time" in values:
                self.ts.time = float(np.ravel(values["time"].data)[0])
        self.ts.frame = 0
