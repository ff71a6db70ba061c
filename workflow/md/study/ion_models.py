"""Non-bonded models of the metal: which there are, for which water, and not made for what.

Names and caveats: `lfa1_analysis.proteins.ion_names`. The tables in ``data/`` name the source of
each row.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from lfa1_analysis.io.constants import KJ_PER_KCAL
from lfa1_analysis.io.errors import ConfigError
from lfa1_analysis.proteins.ion_names import BESIDE, MODELS, SHAM

OWN = {"OPC3": "CM", "OPC": "CM", "TIP3P": "CM", "CHARMM-TIP3P": "CHARMM36"}
"""The model that comes with each water in the force field's own files."""
_RMIN = 0.2 * 2 ** (-1 / 6)
CHLORIDE = {"TIP3P": (1.7972, 0.1, 0.440939, 0.283829), "OPC": (1.59, 0.1, 0.439443, 0.4155978)}
"""Of microMg and nanoMg: what the combination rules' σ and ε with Cl⁻ are multiplied by, and the
σ (nm) and ε (kJ/mol) of the Cl⁻ that this holds for. Sources as of the models."""


@dataclass(frozen=True)
class Parameters:
    """One ion in one water by one model.

    Attributes
    ----------
    model, water, source : str
    sigma : float
        Nm.
    epsilon : float
        KJ/mol.
    c4 : float
        Of −C4/r⁴ with a water oxygen (kJ/mol nm⁴); 0 for 12-6 models.
    chloride : tuple of float or None
        σ (nm) and ε (kJ/mol) with Cl⁻ where the model names its own.
    """

    model: str
    water: str
    sigma: float
    epsilon: float
    c4: float
    chloride: tuple[float, float] | None
    source: str


def of_member(member: str, standard: str | None) -> str | None:
    """Return the model of a family's member; None stands for the one that comes with the water.

    Parameters
    ----------
    member : str
        ``mg``, ``ca``, ``mg_1264``, ``mg_sham`` …
    standard : str or None
        ``chemistry.ion_model``, of the members that name none.
    """
    slug = member.partition("_")[2]
    return standard if slug in ("", SHAM) else BESIDE[slug]


def member_of(model: str) -> str:
    """Return the member of a family that has Mg²⁺ by a model: ``12-6-4`` → ``mg_1264``."""
    return f"mg_{MODELS[model].slug}"


def parameters(ion: str, water: str, model: str | None = None) -> Parameters:
    """Look up an ion's model.

    Parameters
    ----------
    ion : {"mg", "ca", "mn"}
    water : str
        As in the configuration.
    model : str, optional
        By default the one that comes with the water.

    Raises
    ------
    ConfigError
        There is no such model of this ion for this water.
    """
    found = _table().get((ion, water, model or OWN[water]))
    if found is None:
        models = [m for i, w, m in _table() if (i, w) == (ion, water)]
        waters = [w for i, w, m in _table() if (i, m) == (ion, model)]
        raise ConfigError(
            f"ion model {model or OWN[water]!r} of {ion} does not belong to chemistry.water "
            f"{water!r}",
            (f"{ion} in {water} goes with {', '.join(models) or 'no model here'}")
            + (f"; {model} goes with {', '.join(waters)}" if waters else ""),
        )
    return found


def check(members: Sequence[str], water: str, standard: str | None) -> None:
    """Check that every member's model belongs to the water.

    Raises
    ------
    ConfigError
        One does not.
    """
    for member in members:
        ion = member.partition("_")[0]
        if ion not in ("apo", "na"):
            parameters(ion, water, of_member(member, standard))


@cache
def _table() -> dict[tuple[str, str, str], Parameters]:
    found = {}
    for row in _rows("ion_models.csv"):
        model, water = row["model"], row["water"]
        sigma = float(row["rmin_half_angstrom"]) * _RMIN
        epsilon = float(row["epsilon_kcal_per_mol"]) * KJ_PER_KCAL
        chloride = None
        if model in ("microMg", "nanoMg"):
            scale_sigma, scale_epsilon, sigma_cl, epsilon_cl = CHLORIDE[water]
            chloride = (
                scale_sigma * (sigma + sigma_cl) / 2,
                scale_epsilon * (epsilon * epsilon_cl) ** 0.5,
            )
        c4 = float(row["c4_kcal_angstrom4_per_mol"] or 0) * KJ_PER_KCAL * 1e-4
        found[row["ion"], water, model] = Parameters(
            model, water, sigma, epsilon, c4, chloride, row["source"]
        )
    return found


@cache
def polarisabilities() -> dict[str, float]:
    """Return static polarisabilities (Å³) by AMBER atom type."""
    return {r["amber_type"]: float(r["alpha_angstrom3"]) for r in _rows("polarisabilities.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    text = (resources.files("lfa1_md") / "data" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))
