"""How the runs went and with what: versions, seeds, checksums, interruptions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lfa1_analysis.io.table import read_object
from lfa1_report.sources.files import AGAIN
from lfa1_report.sources.study import Results


def history(found: Results) -> dict[str, Any]:
    """Count what did not go straight.

    Returns
    -------
    dict
        ``blow_ups``: one row for each, with ``run`` and ``what``; ``inexact``: continuations
        after an interruption that could not repeat the uninterrupted run bit for bit. Those that
        could change nothing and are not mentioned.
    """
    blow_ups, inexact = [], 0
    for (system, n), records in found.segments.items():
        for record in [*found.equilibrations.get((system, n), []), *records]:
            part = f"segment {record['segment']}" if "segment" in record else "equilibration"
            for blown in record.get("blow_ups", []):
                what = f"{blown.get('what', 'not recorded')}; last finite at "
                what += str(blown.get("last_good", "an unrecorded time"))
                blow_ups.append({"run": f"{system}, replica {n}, {part}", "what": what})
            inexact += sum(not each.get("exact") for each in record.get("continuations", []))
    return {"blow_ups": blow_ups, "inexact": inexact}


def provenance(found: Results) -> dict[str, Any]:
    """List versions, seeds, digests, speeds and checksums."""
    runs = []
    for (system, n), records in found.segments.items():
        runs.append(
            {
                "system": system,
                "replica": n,
                "segments": len(records),
                "seeds": _seeds(records),
                "digests": ", ".join(
                    sorted({str(record.get("settings_digest", "?")) for record in records})
                ),
                "speed": sum(float(r.get("ns_per_day") or 0) for r in records) / len(records),
                "files": [
                    (f"segment-{record.get('segment', '?')}: {name}", str(checksum))
                    for record in records
                    for name, checksum in (record.get("files") or {}).items()
                ],
            }
        )
    return {
        "versions": {name: ", ".join(seen) for name, seen in software(found).items()},
        "runs": runs,
        "systems": {
            system: {
                "digest": manifest.get("settings_digest", "not recorded"),
                "files": list((manifest.get("files") or {}).items()),
                "settings": json.dumps(
                    manifest.get("settings") or {}, indent=1, ensure_ascii=False
                ),
            }
            for system, manifest in found.manifests.items()
        },
    }


def _seeds(records: list[dict[str, Any]]) -> str:
    """Name the seeds that a replica's runs used: the first use of each, and how many there are.

    A segment draws new ones for each of its stretches between checkpoints, at a step that the
    record names; `seeds.csv` of a deposit lists all.
    """
    first: dict[str, str] = {}
    number = 0
    for record in records:
        held = record.get("seeds")
        for used in held.values() if isinstance(held, dict) else ():
            uses = used if isinstance(used, dict) else {"": used}
            number += len(uses)
            for use, seed in uses.items():
                first.setdefault(str(use), str(seed))
    if not first:
        return "not recorded"
    said = ", ".join(f"{use} {seed}".strip() for use, seed in first.items())
    return said + (f" (the first of {number})" if number > len(first) else "")


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
            if str(each) != "not installed":
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
        yield from (read_object(path, AGAIN) for path in sorted(folder.glob("*.json")))
    if found.summary is not None:
        yield found.summary
    if found.separation is not None:
        yield found.separation.record
    if found.free_energy is not None and found.free_energy.record is not None:
        yield found.free_energy.record
