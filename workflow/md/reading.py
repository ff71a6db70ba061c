"""Reading a coordinate file: PDB or mmCIF, checked before anything is concluded from it."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import gemmi

from lfa1_analysis.errors import InputError

_CIF = (".cif", ".mmcif", ".cif.gz", ".mmcif.gz")


def read(path: str | Path) -> gemmi.Structure:
    """Read a PDB or mmCIF file, gzipped or not.

    Parameters
    ----------
    path : path
        The format follows the content, not the name: a file that starts with ``data_`` (after
        comments) is mmCIF.

    Returns
    -------
    gemmi.Structure
        With entities set up; author chain names and residue numbers.

    Raises
    ------
    InputError
        The file is missing, empty, not a structure, or has a coordinate that is not a number.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file", "check the path of `structure:`")
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError):
            raise InputError(f"{path}: damaged gzip file", "fetch or copy it again") from None
    if not data.strip():
        raise InputError(f"{path}: the file is empty", "fetch or copy it again")
    return parse(data.decode("utf-8", errors="replace"), str(path))


def parse(text: str, name: str) -> gemmi.Structure:
    """Read a structure from the text of a PDB or mmCIF file; `name` is used in messages.

    Raises
    ------
    InputError
        As in :func:`read`.
    """
    try:
        if _is_cif(text, name):
            structure = gemmi.make_structure_from_block(gemmi.cif.read_string(text).sole_block())
        else:
            _check_columns(text, name)
            structure = gemmi.read_pdb_string(text)
    except (RuntimeError, ValueError, IndexError) as error:
        raise InputError(
            f"{name}: cannot be read as PDB or mmCIF: {str(error).splitlines()[0]}",
            "give a coordinate file as the wwPDB distributes it",
        ) from None
    if len(structure) == 0 or structure[0].count_atom_sites() == 0:
        raise InputError(f"{name}: holds no atoms", "give a PDB or mmCIF coordinate file")
    for chain in structure[0]:
        for residue in chain:
            for atom in residue:
                if not all(math.isfinite(x) for x in atom.pos.tolist()):
                    raise InputError(
                        f"{name}: chain {chain.name} residue {residue.name} {residue.seqid} atom "
                        f"{atom.name}: a coordinate is not a number",
                        "correct or remove this atom; missing side-chain atoms are rebuilt",
                    )
    structure.setup_entities()
    return structure


def _is_cif(text: str, name: str) -> bool:
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            return line.lower().startswith("data_") or name.lower().endswith(_CIF)
    return False


def _check_columns(text: str, name: str) -> None:
    """Refuse a PDB atom whose coordinate columns are no numbers (gemmi would read them as 0)."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith(("ATOM", "HETATM")):
            continue
        try:
            finite = all(math.isfinite(float(line[i : i + 8])) for i in (30, 38, 46))
        except ValueError:
            finite = False
        if not finite:
            raise InputError(
                f"{name}, line {number}: {line[17:20].strip()} {line[21:27].strip()} atom "
                f"{line[12:16].strip()}: coordinate {line[30:54].strip()!r} is not three numbers",
                "correct or remove this atom; missing side-chain atoms are rebuilt",
            )
