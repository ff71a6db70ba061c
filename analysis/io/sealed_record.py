"""JSON records that tell whether they are still what was written: a checksum of their own content.

The checksums in a record prove the files beside it; nothing outside proves the record. A bit that
flips in one of its numbers leaves it a readable record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

KEY = "own_sha256"
"""Of the record without this key, as JSON with sorted keys and no blanks."""


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


def _checksum(body: Mapping[str, Any]) -> str:
    # Through JSON and back: what was a tuple is a list when it is read.
    plain = json.loads(json.dumps(body, ensure_ascii=False))
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
