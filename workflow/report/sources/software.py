"""The versions of the programs that a study's records name: for the page and for the deposit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lfa1_report.sources.study import Results, read_json

_ABSENT = "not installed"


def software(found: Results) -> dict[str, list[str]]:
    """Collect the versions that the records of all steps name.

    Returns
    -------
    dict
        Program → its versions, sorted; more than one where steps were made with different ones.
        What a record says was not installed is left out.
    """
    seen: dict[str, set[str]] = {}
    for record in _records(found):
        named = record.get("versions")
        for name, each in named.items() if isinstance(named, Mapping) else ():
            if str(each) != _ABSENT:
                seen.setdefault(str(name), set()).add(str(each))
    return {name: sorted(seen[name]) for name in sorted(seen, key=str.casefold)}


def _records(found: Results) -> Iterator[Mapping[str, Any]]:
    for site in found.sites.values():
        preparation = site.get("provenance")
        if isinstance(preparation, Mapping):
            yield preparation
    yield from found.manifests.values()
    for runs in (found.equilibrations, found.segments):
        for records in runs.values():
            yield from records
    for system, n in found.keys:
        folder = found.root / "analysis" / system / f"replica-{n}"
        yield from (read_json(path) for path in sorted(folder.glob("*.json")))
    if found.summary is not None:
        yield found.summary
    if found.separation is not None:
        yield found.separation.record
    if found.free_energy is not None and found.free_energy.record is not None:
        yield found.free_energy.record
