"""Does the answer survive the choice of the model of Mg²⁺? Only where several were run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results
from lfa1_report.wording.effects import sensitivity


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section | None:
    """Set the models side by side, or return None where there is one."""
    rows = sensitivity(found.summary or {})
    if not rows:
        return None
    return Section(
        "models",
        "Models of Mg²⁺",
        "Does it survive the model of Mg²⁺?",
        "Models of Mg²⁺ without polarisation are compromises between how strongly and at what "
        "distance the ion binds water; none was fitted to a protein’s carboxylates. An answer "
        "that only one of them gives is that model’s answer.",
        "Whether nature agrees: all models may share an error, since all are built the same way.",
        "models",
        {
            "sensitivity": rows,
            # With Mg²⁺ in the solvent, mg by another model and apo differ in that too.
            "solvent_differs": bool(_bulk(config) and config.get("ion_models")),
        },
    )


def _bulk(config: Mapping[str, Any]) -> float:
    """Concentration of MgCl₂ in the solvent (mol/l)."""
    try:
        return float(str(config.get("chemistry", {}).get("bulk_mgcl2", 0)).split()[0])
    except (ValueError, IndexError):
        return 0.0
