"""Standard output and error that fail no job: any encoding, closed pipes, full disks.

What a command computes lies in its files; what it prints may be lost without the files being any
worse. Symbols that the encoding of the terminal or log lacks are written in plain letters.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import select
import sys
import unicodedata
from typing import Any

PLAIN = {
    **dict.fromkeys("–—−‐‑", "-"),
    **dict.fromkeys("‘’′", "'"),
    **dict.fromkeys("“”″", '"'),
    **{"→": "->", "←": "<-", "↔": "<->", "×": "x", "·": ".", "•": "*", "±": "+-", "°": " degrees "},
    **{"≤": "<=", "≥": ">=", "≈": "~", "≠": "!=", "√": "sqrt ", "Σ": "sum ", "∞": "inf"},
    **{"✓": "ok", "✔": "ok", "✗": "x", "✘": "x", "█": "#", "░": "."},
}
"""What stands for symbols whose names or decompositions say something else."""


def plain(symbol: str) -> str:
    """Return ASCII for one character.

    >>> "".join(map(plain, "α7 – 2 Å, Mg²⁺ → é"))
    'alpha7 - 2 A, Mg2+ -> e'
    """
    name = unicodedata.name(symbol, "")
    if letter := re.match(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", name):
        return letter[2].lower() if letter[1] == "SMALL" else letter[2].capitalize()
    if name.startswith("BOX DRAWINGS"):
        return "-" if "HORIZONTAL" in name else "|"
    parts = PLAIN.get(symbol) or unicodedata.normalize("NFKD", symbol)
    found = "".join(PLAIN.get(c, c) for c in parts)
    return "".join(c for c in found if c.isascii()) or "?"


def _replaced(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "".join(map(plain, error.object[error.start : error.end])), error.end


class _Steady(io.FileIO):
    """A file descriptor that takes everything, and keeps what went wrong."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.error: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write all of it, or drop what cannot be written."""
        left = memoryview(data).cast("B")
        size = left.nbytes
        try:
            while left and self.error is None:
                if (done := super().write(left)) is None:  # a pipe that does not block and is full
                    select.select((), (self,), ())
                    continue
                left = left[done:]
        except OSError as error:
            self.error = error
        return size


_OUTPUT: list[_Steady] = []
"""What standard output writes to, once it is guarded."""


def replace_symbols() -> None:
    """Let standard output and error replace the symbols that their encoding lacks."""
    codecs.register_error("lfa1_plain", _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="lfa1_plain")


def guard() -> None:
    """Let nothing that happens to standard output and error raise an error.

    Streams that somebody else has put in their place, as tests do, only replace symbols.
    """
    replace_symbols()
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed before this program began
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
            continue
        if stream is not getattr(sys, f"__{name}__"):
            continue
        stream.flush()
        raw = _Steady(stream.fileno())
        steady = io.TextIOWrapper(
            raw if stream.write_through else io.BufferedWriter(raw),
            encoding=stream.encoding,
            errors="lfa1_plain",
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        setattr(sys, name, steady)
        if name == "stdout":
            _OUTPUT.append(raw)


def lost() -> str:
    """Say why standard output was lost, or ``""``.

    A reader that went away, as ``head`` does, had what it wanted.
    """
    sys.stdout.flush()
    error = next((raw.error for raw in _OUTPUT if raw.error), None)
    if error is None or error.errno == errno.EPIPE:
        return ""
    return error.strerror or str(error)
