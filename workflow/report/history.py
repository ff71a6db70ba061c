"""What the page says of how the runs went: versions, seeds, checksums, interruptions."""

from __future__ import annotations

import json
from typing import Any

from lfa1_report.sources import Results


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
    versions: dict[str, set[str]] = {}
    for record in [*found.manifests.values(), *(r for rs in found.segments.values() for r in rs)]:
        for name, version in (record.get("versions") or {}).items():
            versions.setdefault(str(name), set()).add(str(version))
    runs = []
    for (system, n), records in found.segments.items():
        runs.append(
            {
                "system": system,
                "replica": n,
                "segments": len(records),
                "seeds": ", ".join(sorted({str(record.get("seed", "?")) for record in records})),
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
        "versions": {name: ", ".join(sorted(seen)) for name, seen in sorted(versions.items())},
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
