"""An OpenMM system as GROMACS' .top and .gro: every parameter is written out, none looked up.

Exclusions and 1-4 pairs are OpenMM's exceptions, constraints stay constraints (water: SETTLE).
Atom types carry the Lennard-Jones parameters; the central atom of a correction map has a type of
its own for each map, because ff19SB has one per kind of residue and GROMACS finds maps by types.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import degrees
from typing import Any

import numpy as np
import openmm
from openmm import unit

FUDGE = 1 / 1.2
"""AMBER's factor on the charges of 1-4 pairs."""
NO_MAP = -1


class Unsupported(Exception):  # noqa: N818 (it is the answer to a question, not a fault)
    """The system holds something that these files cannot say."""


def forces(system: openmm.System) -> dict[str, Any]:
    """Return the forces by class, each of which must be one that can be written."""
    found = {type(force).__name__: force for force in system.getForces()}
    known = {"HarmonicBondForce", "HarmonicAngleForce", "PeriodicTorsionForce"}
    known |= {"CMAPTorsionForce", "NonbondedForce"}
    if len(found) != system.getNumForces() or not set(found) <= known:
        raise Unsupported(f"forces: {', '.join(f.getName() for f in system.getForces())}")
    if found["NonbondedForce"].getUseSwitchingFunction():
        raise Unsupported("a switching function")
    return found


def bare(*values: Any) -> list[float]:
    """Strip the units of OpenMM's own system (nm, kJ/mol, rad, e)."""
    return [
        v.value_in_unit_system(unit.md_unit_system) if unit.is_quantity(v) else v for v in values
    ]


class Writer:
    """Collects the parameters of a system by atom and writes them molecule by molecule."""

    def __init__(self, system: openmm.System, topology: Any) -> None:
        self.system, self.topology = system, topology
        self.forces = forces(system)
        self.atoms = list(topology.atoms())
        self.molecules = self._molecules()
        self.maps = self._maps()
        self.types, self.type_of = self._types()
        self.lines = self._interactions()

    def top(self) -> str:
        """Write the topology."""
        text = ["[ defaults ]", f"1 2 no 1.0 {FUDGE:.10f}", "", "[ atomtypes ]"]
        text += [
            f"T{number} T{number} 0 1.0 0.0 A {sigma:.10g} {epsilon:.10g}"
            for (sigma, epsilon, _), number in self.types.items()
        ]
        text += ["", "[ cmaptypes ]", *self._map_tables()]
        counts: list[tuple[str, int]] = []
        written: set[str] = set()
        for name, atoms in self.molecules:
            if name not in written:
                written.add(name)
                text += ["", "[ moleculetype ]", f"{name} 0", *self._molecule(atoms)]
            if counts and counts[-1][0] == name:
                counts[-1] = (name, counts[-1][1] + 1)
            else:
                counts.append((name, 1))
        text += ["", "[ system ]", "benchmark", "", "[ molecules ]"]
        return "\n".join([*text, *(f"{name} {count}" for name, count in counts)]) + "\n"

    def gro(self, positions: np.ndarray, box: np.ndarray) -> str:
        """Write coordinates with eight decimals; GROMACS takes the number from their spacing."""
        text = ["benchmark", str(len(positions))]
        for atom, xyz in zip(self.atoms, positions, strict=True):
            serial, residue = (atom.index + 1) % 100000, (atom.residue.index + 1) % 100000
            text.append(f"{residue:5d}{atom.residue.name:<5}{atom.name:>5}{serial:5d}")
            text[-1] += "".join(f"{x:13.8f}" for x in xyz)
        order = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1))
        return "\n".join([*text, " ".join(f"{box[i, j]:.9f}" for i, j in order)]) + "\n"

    def _molecules(self) -> list[tuple[str, range]]:
        found: list[tuple[str, range]] = []
        for residue in self.topology.residues():
            indices = [atom.index for atom in residue.atoms()]
            name = residue.name if residue.name == "HOH" or len(indices) == 1 else "protein"
            if name == "protein" and found and found[-1][0] == name:
                found[-1] = (name, range(found[-1][1].start, indices[-1] + 1))
            else:
                found.append((name, range(indices[0], indices[-1] + 1)))
        if sum(name == "protein" for name, _ in found) != 1:
            raise Unsupported("a protein whose atoms do not stand together")
        return found

    def _maps(self) -> dict[int, tuple[int, list[int]]]:
        force, found = self.forces.get("CMAPTorsionForce"), {}
        for number in range(force.getNumTorsions() if force else 0):
            which, *eight = force.getTorsionParameters(number)
            if eight[1:4] != eight[4:7]:
                raise Unsupported("a correction map of torsions that do not overlap")
            found[eight[2]] = (which, [*eight[:4], eight[7]])
        return found

    def _types(self) -> tuple[dict[tuple[float, float, int], int], list[int]]:
        types: dict[tuple[float, float, int], int] = {}
        of = []
        for index in range(len(self.atoms)):
            _, sigma, epsilon = bare(*self.forces["NonbondedForce"].getParticleParameters(index))
            which = self.maps[index][0] if index in self.maps else NO_MAP
            of.append(types.setdefault((sigma, epsilon, which), len(types)))
        return types, of

    def _map_tables(self) -> Iterator[str]:
        """Turn OpenMM's maps, φ fastest and from 0°, into ψ fastest and from -180°."""
        used = {
            " ".join(f"T{self.type_of[i]}" for i in five): which
            for which, five in self.maps.values()
        }
        for names, which in used.items():
            size, energies = self.forces["CMAPTorsionForce"].getMapParameters(which)
            grid = np.array(energies.value_in_unit(unit.kilojoule_per_mole)).reshape(size, size)
            shifted = np.roll(grid.T, (size // 2, size // 2), axis=(0, 1)).ravel()
            rows = [" ".join(f"{v:.9g}" for v in row) for row in shifted.reshape(-1, 8)]
            yield f"{names} 1 {size} {size}\\\n" + "\\\n".join(rows) + "\n"

    def _interactions(self) -> dict[str, dict[int, list[tuple[list[int], str]]]]:
        """Collect (atoms, parameters) by section and first atom."""
        lines: dict[str, dict[int, list[tuple[list[int], str]]]] = defaultdict(
            lambda: defaultdict(list)
        )

        def add(section: str, atoms: list[int], text: str) -> None:
            lines[section][atoms[0]].append((atoms, text))

        bonds, angles = self.forces["HarmonicBondForce"], self.forces["HarmonicAngleForce"]
        torsions, pairs = self.forces["PeriodicTorsionForce"], self.forces["NonbondedForce"]
        for n in range(bonds.getNumBonds()):
            i, j, *rest = bonds.getBondParameters(n)
            add("bonds", [i, j], "1 {:.10g} {:.10g}".format(*bare(*rest)))
        for n in range(self.system.getNumConstraints()):
            i, j, length = self.system.getConstraintParameters(n)
            add("constraints", [i, j], f"2 {bare(length)[0]:.10g}")
        for n in range(angles.getNumAngles()):
            i, j, k, theta, constant = angles.getAngleParameters(n)
            theta, constant = bare(theta, constant)
            add("angles", [i, j, k], f"1 {degrees(theta):.10g} {constant:.10g}")
        for n in range(torsions.getNumTorsions()):
            i, j, k, m, times, phase, constant = torsions.getTorsionParameters(n)
            phase, constant = bare(phase, constant)
            add("dihedrals", [i, j, k, m], f"9 {degrees(phase):.10g} {constant:.10g} {times}")
        for _, five in self.maps.values():
            add("cmap", five, "1")
        charges = [bare(*pairs.getParticleParameters(i))[0] for i in range(len(self.atoms))]
        for n in range(pairs.getNumExceptions()):
            i, j, product, sigma, epsilon = pairs.getExceptionParameters(n)
            product, sigma, epsilon = bare(product, sigma, epsilon)
            add("exclusions", [i, j], "")
            if product or epsilon:
                if abs(product - FUDGE * charges[i] * charges[j]) > 1e-6:
                    raise Unsupported("a 1-4 charge that is not AMBER's")
                add("pairs", [i, j], f"1 {sigma:.10g} {epsilon:.10g}")
        return lines

    def _molecule(self, atoms: range) -> Iterator[str]:
        yield "[ atoms ]"
        for index in atoms:
            atom = self.atoms[index]
            charge = bare(self.forces["NonbondedForce"].getParticleParameters(index)[0])[0]
            mass = bare(self.system.getParticleMass(index))[0]
            number = index - atoms.start + 1
            yield (
                f"{number} T{self.type_of[index]} {atom.residue.index + 1} {atom.residue.name} "
                f"{atom.name} {number} {charge:.10g} {mass:.10g}"
            )
        water = self.atoms[atoms.start].residue.name == "HOH"
        for section, by_first in self.lines.items():
            found = [line for index in atoms for line in by_first.get(index, [])]
            if not found:
                continue
            if water and section == "constraints":
                yield from self._settle(atoms, found)
                continue
            yield f"[ {section} ]"
            for members, text in found:
                yield " ".join(str(i - atoms.start + 1) for i in members) + f" {text}"

    @staticmethod
    def _settle(atoms: range, found: list[tuple[list[int], str]]) -> Iterator[str]:
        length = {frozenset(pair): text.split()[1] for pair, text in found}
        oxygen, first, second = atoms
        yield "[ settles ]"
        yield f"1 1 {length[frozenset((oxygen, first))]} {length[frozenset((first, second))]}"
