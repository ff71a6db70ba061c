"""Restart files of AMBER in NetCDF, which hold one frame and no dimension of frames."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from MDAnalysis.coordinates.base import SingleFrameReaderBase
from scipy.io import netcdf_file


class AmberRestart(SingleFrameReaderBase):
    """The frame of a NetCDF file of the convention ``AMBERRESTART``.

    https://ambermd.org/netcdf/nctraj.xhtml: coordinates and cell lengths in Å, angles in degrees,
    the time in ps.
    """

    states_times = True
    units: ClassVar[dict[str, str]] = {"time": "ps", "length": "Angstrom"}

    def _read_first_frame(self) -> None:
        with netcdf_file(self.filename, mmap=False, maskandscale=True) as file:
            held = file.variables
            positions = np.array(held["coordinates"][:], dtype=np.float32)
            if positions.ndim != 2 or positions.shape[1] != 3:
                raise ValueError("its coordinates are not those of one frame")
            self.n_atoms = len(positions)
            self.ts = self._Timestep.from_coordinates(positions, **self._ts_kwargs)
            if "cell_lengths" in held and "cell_angles" in held:
                cell = (np.ravel(held[name].data) for name in ("cell_lengths", "cell_angles"))
                self.ts.dimensions = np.concatenate(list(cell)).astype(np.float32)
            if "time" in held:
                self.ts.time = float(np.ravel(held["time"].data)[0])
        self.ts.frame = 0
