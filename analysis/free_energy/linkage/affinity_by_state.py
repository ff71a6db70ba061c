"""What experiment says of the metal's affinity for the closed and the open state, and its sign.

A metal that the open state binds more tightly than the closed one favours opening, by exactly the
ratio of the dissociation constants: ΔΔG = ΔG_open(metal) − ΔG_open(apo) = RT ln(K_open/K_closed).
States of isolated I domains are told by their affinity for the ligand: low is closed, high is open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lfa1_analysis.free_energy.linkage.binding_constants import of_relative
from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.table import read_table

FILE = Path(__file__).parent / "data" / "metal_affinity_by_state.csv"
_ION = {"Mg": "Mg²⁺", "Ca": "Ca²⁺"}


@dataclass(frozen=True)
class Affinity:
    """How the affinity of an I domain for a metal differs between its states.

    Attributes
    ----------
    ion : str
        ``Mg`` or ``Ca``.
    domain : str
        ``αL`` or ``αM``.
    tighter : {"closed", "open", "alike"}
        State that binds the metal more tightly.
    ratio : float or None
        K_closed/K_open; None where only the direction is known.
    source, doi, note : str
    """

    ion: str
    domain: str
    tighter: Literal["closed", "open", "alike"]
    ratio: float | None
    source: str
    doi: str
    note: str

    @property
    def sign(self) -> int:
        """Sign of ΔΔG of opening (metal − apo): +1 where the closed state binds more tightly."""
        return {"closed": 1, "open": -1, "alike": 0}[self.tighter]

    def ddg(self, temperature: float) -> float | None:
        """Return ΔΔG of opening (metal − apo, kJ/mol) at a temperature (K); None without ratio."""
        return None if self.ratio is None else ddg(self.ratio, 1.0, temperature)

    def record(self, temperature: float) -> dict[str, Any]:
        """Return what a provenance file says of it."""
        return {
            "ion": self.ion,
            "domain": self.domain,
            "binds_more_tightly": self.tighter,
            "k_closed_over_k_open": self.ratio,
            "expected_sign_of_ddg": self.sign,
            "expected_ddg_kj_per_mol": self.ddg(temperature),
            "source": self.source,
            "doi": self.doi,
            "note": self.note,
        }


def ddg(k_closed: float, k_open: float, temperature: float) -> float:
    """Compute ΔΔG of opening (metal − apo, kJ/mol) from the dissociation constants of both states.

    Parameters
    ----------
    k_closed, k_open : float
        In the same unit.
    temperature : float
        K.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.affinity_by_state import ddg
    >>> round(ddg(k_closed=1e-3, k_open=1e-4, temperature=310), 1)  # open binds more tightly
    -5.9
    """
    return GAS_CONSTANT * temperature * math.log(k_open / k_closed)


def measured() -> tuple[Affinity, ...]:
    """Read what was measured.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.affinity_by_state import measured
    >>> [(found.domain, found.ion, found.tighter, found.sign) for found in measured()]
    [('αL', 'Mg', 'closed', 1), ('αM', 'Mg', 'open', -1), ('αM', 'Ca', 'alike', 0)]
    """
    table = read_table(FILE, "install the package again", keep_default_na=False)
    return tuple(
        Affinity(
            row["ion"],
            row["domain"],
            row["tighter"],
            float(row["closed_over_open"]) if row["closed_over_open"] else None,
            row["source"],
            row["doi"],
            row["note"],
        )
        for row in table.astype(str).to_dict("records")
    )


def sentences(temperature: float, interval: tuple[float, float] | None = None) -> list[str]:
    """Say what experiment leads to expect, and which of it a result agrees with.

    Parameters
    ----------
    temperature : float
        K.
    interval : (float, float), optional
        95 % interval of ΔΔG of opening (mg − apo, kJ/mol) that was found.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.affinity_by_state import sentences
    >>> print(sentences(310, (1.0, 4.0))[-1])
    the sign found here is that expected for the αL I domain, not that of the αM I domain
    """
    said = [_said(found, temperature) for found in measured()]
    said.append("for Mg²⁺ the two I domains differ in sign; this study is of αL")
    if interval is not None:
        low, high = interval
        signs = {found.domain: found.sign for found in measured() if found.ion == "Mg"}
        if low <= 0 <= high:
            said.append("what was found here has no resolved sign and contradicts neither")
        else:
            found_sign = 1 if low > 0 else -1
            like = next(domain for domain, sign in signs.items() if sign == found_sign)
            other = next(domain for domain, sign in signs.items() if sign != found_sign)
            said.append(
                f"the sign found here is that expected for the {like} I domain, not that of the "
                f"{other} I domain"
            )
    return said


def _said(found: Affinity, temperature: float) -> str:
    ion, where = _ION[found.ion], f"{found.domain} I domain ({found.source})"
    ratio = found.ratio
    if found.tighter == "alike":
        held = f"binds {ion} alike in both states"
        expected = f"no effect of {ion} on opening is expected (ΔΔG = 0)"
    else:
        other = {"closed": "open", "open": "closed"}[found.tighter]
        times = "" if ratio is None else f" about {max(ratio, 1 / ratio):g} times"
        held = f"binds {ion}{times} more tightly in the {found.tighter} state than in the {other}"
        size = found.ddg(temperature)
        relation = (
            ("> 0" if found.sign > 0 else "< 0") if size is None else f"≈ {_minus(size)} kJ/mol"
        )
        expected = f"ΔΔG of opening {relation} is expected, {ion} favours the {found.tighter} state"
    number = ""
    if found.domain == "αM":
        number = f"; K of the active form {of_relative(found.ion).molar * 1e6:,.0f} µM"
    return f"isolated {where} {held}{number}: {expected}"


def _minus(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
