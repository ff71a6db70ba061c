"""How damage in a trajectory is said: one sentence with file and frame, and what can be done."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from lfa1_analysis.io.errors import InputError

FORMATS = "PDB, mmCIF, GRO, PRMTOP, PSF or TPR; trajectories XTC, TRR, DCD or NetCDF"
INTACT = "use an intact copy"


def no_trajectory(file: Path, why: str) -> InputError:
    """Return the error of a file that is no trajectory of the format that its name says."""
    return InputError(
        f"{file} cannot be read as a trajectory: {why}",
        f"give a complete file in one of these formats: {FORMATS}",
    )


def damaged(file: Path, frame: int, why: str, keep: int | None = None) -> InputError:
    """Return the error of a frame whose bytes cannot be right.

    Parameters
    ----------
    file : Path
    frame : int
        Its number in the file, from 0.
    why : str
        What is wrong with it.
    keep : int, optional
        Bytes at the beginning of the file that hold whole frames, where cutting behind them gives
        a sound file.
    """
    return InputError(f"frame {frame} of {file} is damaged: {why}", remedy(file, frame, keep))


def cut_short(file: Path, frames: int, keep: int) -> InputError:
    """Return the error of a file that ends inside a frame, after some complete ones."""
    return InputError(
        f"{file} is cut short inside a frame; {frames} complete frames come before",
        f"wait for the program that writes it, or {remedy(file, frames, keep)}",
    )


def cut_text(file: Path, frame: int) -> InputError:
    """Return the error of a text file that ends, or becomes something else, inside a frame."""
    return InputError(
        f"frame {frame} of {file} cannot be read: it is cut short or damaged there", INTACT
    )


def other_atoms(file: Path, frame: int, found: int, expected: int) -> InputError:
    """Return the error of a frame with another number of atoms than the topology."""
    if frame == 0:
        return InputError(
            f"{file} does not belong to the topology of {expected} atoms: it holds {found}",
            "give the topology that was written with this trajectory",
        )
    return InputError(
        f"{file}, frame {frame} has {found} atoms, the topology {expected}",
        "its frames are of different systems, or damaged: give each part by itself, with the "
        "topology that was written with it",
    )


def remedy(file: Path, frames: int, keep: int | None) -> str:
    """Say what to do about a file that is sound up to some frame."""
    if not frames or keep is None:
        return INTACT
    some = "the frame" if frames == 1 else f"the {frames} frames"
    name = shlex.quote(str(file))
    return f"{INTACT}, or keep {some} before it: `head -c {keep} {name} > whole{file.suffix}`"


def brief(error: Exception) -> str:
    """Return a library's message in one line, without its advice to developers."""
    if isinstance(error, IndexError):
        return "no atoms were found in it"
    if isinstance(error, StopIteration):
        return "it ends too early"
    if isinstance(error, KeyError) or "'NoneType'" in str(error):  # a programmer's message
        return "something that belongs there is missing"
    text = " ".join(str(error).split()) or type(error).__name__
    text = re.sub(r"^Failed to .*? Error: ", "", text)
    if "codec can't decode" in text:
        return "it is not text"
    return text if len(text) <= 160 else text[:157] + "…"
