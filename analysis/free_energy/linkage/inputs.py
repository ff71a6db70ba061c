"""Free energies of opening for the linkage: from a file of an earlier analysis, or typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfa1_analysis.free_energy.verdicts import NOT_CONVERGED, VERDICTS, worst
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_object
from lfa1_analysis.io.units import free_energy
from lfa1_analysis.statistics.estimates import Estimate

LARGEST, LARGEST_ERROR = 300.0, 100.0
"""kJ/mol; beyond them a unit or a sign is wrong. Unfolding a domain costs 20 to 60 kJ/mol."""
TYPED = "typed"
"""The verdict of values from the command line: nobody has judged their convergence here."""
_REMEDY = (
    "give a JSON object with apo and mg (and ca, if known), each with value_kj_per_mol, "
    "standard_error_kj_per_mol and verdict"
)


class UnconvergedError(InputError):
    """A free energy is not converged, and that is not allowed."""


@dataclass(frozen=True)
class FreeEnergies:
    """ΔG of opening (kJ/mol) with an empty site, with Mg²⁺ and, if known, with Ca²⁺ in it.

    Attributes
    ----------
    apo, mg : Estimate
    ca : Estimate or None
        None: Ca²⁺ is taken to bind both states alike.
    verdict : str
        The worst of them: of :mod:`lfa1_analysis.free_energy.verdicts`, or ``typed``.
    unconverged : tuple of str
        Which are not converged.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.inputs import from_text
    >>> energies = from_text("12.3 +- 1.2 kJ/mol", "11 +- 1.5 kJ/mol", None)
    >>> energies.apo.value, energies.mg.value, energies.ca, energies.verdict
    (12.3, 11.0, None, 'typed')
    """

    apo: Estimate
    mg: Estimate
    ca: Estimate | None
    verdict: str
    unconverged: tuple[str, ...] = ()

    @property
    def difference(self) -> Estimate:
        """ΔΔG = mg − apo (kJ/mol), errors taken as independent."""
        return self.mg.minus(self.apo)

    @property
    def against_calcium(self) -> Estimate | None:
        """ΔΔG = mg − ca (kJ/mol), as `difference`; None where that with Ca²⁺ is not known."""
        return None if self.ca is None else self.mg.minus(self.ca)


def from_text(apo: str | None, mg: str | None, ca: str | None) -> FreeEnergies:
    """Take ``--apo``, ``--mg`` and ``--ca`` as typed.

    Raises
    ------
    InputError
        `apo` or `mg` is missing, or one is no free energy with its error.

    Examples
    --------
    >>> from lfa1_analysis.free_energy.linkage.inputs import from_text
    >>> energies = from_text("12.3 +- 1.2 kJ/mol", "11 +- 1.5 kJ/mol", None)
    >>> round(energies.difference.value, 2), round(energies.difference.standard_error, 2)
    (-1.3, 1.92)
    """
    if apo is None or mg is None:
        missing = "--apo and --mg" if apo is None and mg is None else "--apo" if mg else "--mg"
        raise InputError(
            f"{missing}: no free energy of opening is given",
            "give --free-energies FILE.json, or both --apo and --mg, such as '12 +- 1 kJ/mol'",
        )
    given = {"--apo": apo, "--mg": mg} | ({"--ca": ca} if ca is not None else {})
    found = {}
    for option, text in given.items():
        found[option] = Estimate(*free_energy(text, option))
        _sensible(found[option], f"{option}:")
    return FreeEnergies(found["--apo"], found["--mg"], found.get("--ca"), TYPED)


def from_file(path: Path, allow_unconverged: bool = False) -> FreeEnergies:
    """Read the file of an earlier analysis.

    Parameters
    ----------
    path : Path
        ``{"apo": {"value_kj_per_mol": …, "standard_error_kj_per_mol": …, "verdict": …}, "mg": …}``,
        or such an object under ``systems``, as `lfa1 pmf` writes it; further keys are left alone.
    allow_unconverged : bool
        Take values that are not converged, too.

    Raises
    ------
    InputError
        It is not such a file; or a value is not converged and that is not allowed.
    """
    whole = content = read_object(path, _REMEDY)
    if isinstance(content.get("systems"), dict):
        content = content["systems"]
    found: dict[str, Estimate] = {}
    verdicts: dict[str, str] = {}
    for ion in ("apo", "mg", "ca"):
        if ion == "ca" and content.get("ca") is None:
            continue
        entry = content.get(ion)
        if not isinstance(entry, dict):
            what = f"'{ion}' is not an object" if ion in content else f"there is no '{ion}'"
            raise InputError(f"{path}: {what}", _REMEDY)
        if "verdict" not in entry:
            raise InputError(f"{path}: {ion}.verdict is missing", _REMEDY)
        if entry["verdict"] not in VERDICTS:
            allowed = " or ".join(f"'{verdict}'" for verdict in VERDICTS)
            raise InputError(
                f"{path}: {ion}.verdict is {entry['verdict']!r}", f"it must be {allowed}"
            )
        verdicts[ion] = str(entry["verdict"])
        if verdicts[ion] == NOT_CONVERGED and entry.get("value_kj_per_mol", 0) is None:
            raise UnconvergedError(
                f"{path}: the free energy of {ion} is not converged, and so none is given",
                "see the reasons there, and sample longer",
            )
        found[ion] = _estimate(entry, f"{path}: {ion}")
    open_ = tuple(ion for ion, verdict in verdicts.items() if verdict == NOT_CONVERGED)
    refused = whole.get("ddg_mg_minus_apo")
    if not open_ and isinstance(refused, dict) and refused.get("value_kj_per_mol", 0) is None:
        raise UnconvergedError(
            f"{path}: ΔΔG is not given: {refused.get('reason') or 'no reason is given'}",
            "remove the reason and estimate again",
        )
    if open_ and not allow_unconverged:
        raise UnconvergedError(
            f"{path}: the free energy of {' and '.join(open_)} is not converged",
            "sample longer; or --allow-unconverged, which marks every output",
        )
    return FreeEnergies(found["apo"], found["mg"], found.get("ca"), worst(verdicts.values()), open_)


def _estimate(entry: dict[str, Any], where: str) -> Estimate:
    value = _number(entry, "value_kj_per_mol", where)
    error = _number(entry, "standard_error_kj_per_mol", where)
    freedom = None  # without degrees of freedom the error is taken as known
    if entry.get("degrees_of_freedom") is not None:
        freedom = _number(entry, "degrees_of_freedom", where)
        if freedom < 1:
            remedy = "give 1 or more, or none"
            raise InputError(f"{where}.degrees_of_freedom is {freedom:g}", remedy)
    found = Estimate(value, error, freedom)
    _sensible(found, f"{where}:")
    return found


def _number(entry: dict[str, Any], key: str, where: str) -> float:
    if key not in entry:
        raise InputError(f"{where}.{key} is missing", _REMEDY)
    value = entry[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise InputError(f"{where}.{key} is no number: {str(value)[:40]}", _REMEDY)
    return float(value)


def _sensible(found: Estimate, where: str) -> None:
    if abs(found.value) > LARGEST:
        raise InputError(
            f"{where} {found.value:g} kJ/mol is no free energy of opening",
            f"check the unit; at most {LARGEST:g} kJ/mol are taken",
        )
    if not 0 <= found.standard_error <= LARGEST_ERROR:
        raise InputError(
            f"{where} a standard error of {found.standard_error:g} kJ/mol is not possible",
            f"give 0 to {LARGEST_ERROR:g} kJ/mol",
        )
