"""JSON records that tell whether they are still what was written: a checksum of their own content.

The checksums in a record prove the files beside it; nothing outside proves the record. A bit that
flips in one of its numbers leaves it a readable record.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

KEY = "own_sha256"
"""Of the record without this key, as JSON with sorted keys and no blanks."""
_LAST = re.compile(rb"(?:.*\n)?[^\n]*\bown_sha256: (sha256:[0-9a-f]{64})\b[^\n]*\n", re.DOTALL)


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Add the checksum of everything else in a record.

    Examples
    --------
    >>> from lfa1_analysis.io.sealed_record import broken, sealed
    >>> record = sealed({"frames": 6})
    >>> broken(record), broken(record | {"frames": 7})
    (False, True)
    """
    body = {key: value for key, value in content.items() if key != KEY}
    return body | {KEY: _checksum(body)}


def broken(content: Mapping[str, Any]) -> bool:
    """Tell whether a record has a checksum of its own that differs from its content."""
    if KEY not in content:
        return False
    body = {key: value for key, value in content.items() if key != KEY}
    return content[KEY] != _checksum(body)


def sealed_text(text: str, comment: str = "# {}") -> str:
    r"""Add the checksum of a text in a last line, as a comment of its language.

    Examples
    --------
    >>> text = sealed_text("replicas: 3\n")
    >>> text.splitlines()[-1][:20]
    '# own_sha256: sha256'
    >>> broken_text(text.encode()), broken_text(text.replace("3", "4").encode())
    (False, True)
    """
    text = text if text.endswith("\n") else text + "\n"
    checksum = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return f"{text}{comment.format(f'{KEY}: {checksum}')}\n"


def broken_text(data: bytes) -> bool:
    """Tell whether a text lacks the last line of `sealed_text`, or differs from what it says."""
    found = _LAST.fullmatch(data)
    body = data[: data.rstrip(b"\n").rfind(b"\n") + 1]
    return found is None or found[1].decode() != f"sha256:{hashlib.sha256(body).hexdigest()}"


def _checksum(body: Mapping[str, Any]) -> str:
    # Through JSON and back: what was a tuple is a list when it is read.
    plain = json.loads(json.dumps(body, ensure_ascii=False))
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
