"""What readers of MDAnalysis warn of: what changes a result becomes a note, the rest is dropped."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence

from lfa1_analysis.io.errors import InputWarning

_HARMLESS = re.compile(
    "|".join(
        (
            # Atoms are known by name and residue; masses, elements and bonds are not asked for.
            "[Ee]lement",
            "masses",
            "guess",
            "CONECT",
            "bonds will not be parsed",
            "[Ff]ormal ?charges",
            "Segment IDs and Chain IDs|[Ss]egids|chainIDs",
            "Serial numbers went over",
            # A placeholder of the box is none (see `usable_box`).
            "usually a placeholder",
            "treating as missing unit cell",
            "Unit cell dimensions not found",
            # Indexes of frames are made anew.
            "offset",
            # What this package reads itself or says itself.
            "No coordinate reader found",
            "Reader has no dt",
            "only the first one will be (read|used)",
            "does not contain `time` information",
            "velocities were present",
            "may not fully adhere to AMBER",
            "makes independent timesteps",
        )
    )
)


def notes(caught: Sequence[warnings.WarningMessage]) -> list[str]:
    """Return what is worth telling, each once and in one line.

    Parameters
    ----------
    caught : sequence of warnings.WarningMessage
        Of whatever kind and module.

    Returns
    -------
    list of str
        Our own notes, and those warnings of MDAnalysis that say that something of the file was
        left out or replaced.
    """
    found = []
    for one in caught:
        text = " ".join(str(one.message).split())
        if issubclass(one.category, InputWarning):
            found.append(text)
        elif (
            issubclass(one.category, UserWarning)
            and "MDAnalysis" in one.filename
            and not _HARMLESS.search(text)
        ):
            found.append(f"MDAnalysis says: {text}")
    return list(dict.fromkeys(found))
