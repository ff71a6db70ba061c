"""Reading a coordinate file: PDB or mmCIF, checked before anything is concluded from it."""

from __future__ import annotations

import codecs
import gzip
import math
import os
import re
import zlib
from pathlib import Path

import gemmi

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.ion_names import ion_element

_CHARGE = re.compile(r"\d[+-]|[+-]\d| \d|\d ")
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
    data = _content(path)
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            raise InputError(f"{path}: damaged gzip file", "fetch or copy it again") from None
    if not data.strip():
        raise InputError(f"{path}: the file is empty", "fetch or copy it again")
    return parse(_decoded(data, str(path)), str(path))


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
            structure = gemmi.read_pdb_string(_without_odd_charges(text))
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
    _name_ions(structure[0])
    structure.setup_entities()
    return structure


def _without_odd_charges(text: str) -> str:
    """Blank what is no charge in the columns of the charge: the end of a long element ``MN2P``."""
    lines = text.splitlines(keepends=True)
    for i, line in enumerate(lines):
        field = line[78:80].rstrip("\r\n")
        if line.startswith(("ATOM", "HETATM")) and field.strip() and not _CHARGE.fullmatch(field):
            lines[i] = f"{line[:78]}{' ' * len(field)}{line[78 + len(field) :]}"
    return "".join(lines)


def _name_ions(model: gemmi.Model) -> None:
    """Give ions their element, whatever the program that wrote the file calls them.

    A lone atom is an ion by its own or its residue's name; atoms that share a wrapped residue
    number by both.
    """
    for chain in model:
        for residue in chain:
            known = gemmi.find_tabulated_residue(residue.name)
            if known.is_amino_acid() or known.is_nucleic_acid() or known.is_water():
                continue
            whole = ion_element(residue.name)
            for atom in residue:
                own = ion_element(atom.name)
                if found := (own or whole) if len(residue) == 1 else own if own == whole else "":
                    atom.element = gemmi.Element(found)


def _content(path: Path) -> bytes:
    """Return the bytes of a file, or say what stands at its place."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder", "name a file in it")
    if os.path.lexists(path) and path.exists() and not path.is_file():
        raise InputError(f"{path}: is no regular file", "give a coordinate file")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", "check the path of `structure:`") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(
            f"{path}: cannot be read: {why}", "check its path and permissions"
        ) from None


def _decoded(data: bytes, name: str) -> str:
    """Return text; comments in other 8-bit encodings are harmless, anything else is refused."""
    remedy = "give a PDB or mmCIF file in plain text, gzipped or not"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{name}: is UTF-16 text", "save it as UTF-8 or ASCII")
    if b"\0" in data:
        raise InputError(f"{name}: is binary, not text", remedy)
    if data.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        raise InputError(f"{name}: is an HTML page, not a structure", "fetch the file itself")
    return data.decode("utf-8-sig", errors="replace")


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
