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

from lfa1_analysis.free_energy.linkage.constants import of_relative
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

    def sentence(self, temperature: float) -> str:
        """Return in words what was measured, and what ΔΔG of opening it leads to expect."""
        ion = _ION[self.ion]
        if self.tighter == "alike":
            binds = f"binds {ion} alike in both states"
            expected = f"no effect of {ion} on opening is expected (ΔΔG = 0)"
        else:
            other = {"closed": "open", "open": "closed"}[self.tighter]
            size, times = self.ddg(temperature), ""
            relation = "> 0" if self.sign > 0 else "< 0"
            if self.ratio is not None and size is not None:
                times = f" about {max(self.ratio, 1 / self.ratio):g} times"
                relation = f"≈ {size:+.1f} kJ/mol".replace("-", "−")
            binds = (
                f"binds {ion}{times} more tightly in the {self.tighter} state than in the {other}"
            )
            expected = (
                f"ΔΔG of opening {relation} is expected, {ion} favours the {self.tighter} state"
            )
        active = ""
        if self.domain == "αM":
            active = f"; K of the active form {of_relative(self.ion).molar * 1e6:,.0f} µM"
        return f"isolated {self.domain} I domain ({self.source}) {binds}{active}: {expected}"


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
    >>> from lfa1_analysis.free_energy.linkage.affinity import ddg
    >>> round(ddg(k_closed=1e-3, k_open=1e-4, temperature=310), 1)  # open binds more tightly
    -5.9
    """
    return GAS_CONSTANT * temperature * math.log(k_open / k_closed)


def measured() -> tuple[Affinity, ...]:
    """Read what was measured.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.affinity import measured
    >>> [(found.domain, found.ion, found.tighter, found.sign) for found in measured()]
    [('αL', 'Mg', 'closed', 1), ('αM', 'Mg', 'open', -1), ('αM', 'Ca', 'alike', 0)]
    """
    table = read_table(FILE, "install the package again", keep_default_na=False)
    return tuple(
        Affinity(
            ratio=float(row["closed_over_open"]) if row["closed_over_open"] else None,
            **{key: row[key] for key in ("ion", "domain", "tighter", "source", "doi", "note")},
        )
        for row in table.astype(str).to_dict("records")
    )


def sentences(temperature: float, interval: tuple[float, float] | None = None) -> list[str]:
    """Return in words what experiment leads to expect, and what of it a result agrees with.

    Parameters
    ----------
    temperature : float
        K.
    interval : (float, float), optional
        95 % interval of ΔΔG of opening (mg − apo, kJ/mol) that was found.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.affinity import sentences
    >>> print(sentences(310, (1.0, 4.0))[-1])
    the sign found here is that expected for the αL I domain, not that of the αM I domain
    """
    words = [found.sentence(temperature) for found in measured()]
    words.append("for Mg²⁺ the two I domains differ in sign; this study is of αL")
    if interval is not None:
        low, high = interval
        signs = {found.sign: found.domain for found in measured() if found.ion == "Mg"}
        if low <= 0 <= high:
            words.append("what was found here has no resolved sign and contradicts neither")
        else:
            sign = 1 if low > 0 else -1
            words.append(
                f"the sign found here is that expected for the {signs[sign]} I domain, not that of "
                f"the {signs[-sign]} I domain"
            )
    return words
