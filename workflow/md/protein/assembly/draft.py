"""A model from its heavy atoms through hydrogens and minimisation to the prepared state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.metal_site.site_atoms import SiteAtoms
from lfa1_md.files import provenance
from lfa1_md.forcefield import forcefield
from lfa1_md.forcefield.randomness import reproducible
from lfa1_md.protein.assembly import relaxation
from lfa1_md.protein.assembly.protonation import Protonation
from lfa1_md.protein.assembly.relaxation import CHEMISTRY, Compute
from lfa1_md.protein.input.residues import Decision
from lfa1_md.protein.metal.judgement import SiteVerdict, summary
from lfa1_md.protein.repair import stereo
from lfa1_md.study import force_fields
from lfa1_md.study.sections import Chemistry

Report = Callable[[str], None]


@dataclass
class Draft:
    """Protein, metals, shell waters and sugars, as heavy atoms or with hydrogens.

    Attributes
    ----------
    topology, positions
        Å.
    sites : list of SiteAtoms
        Its metal sites.
    springs : dict of int to float
        How firmly atoms are held while it is minimised (kJ/mol/nm²).
    labels : list of str
        What each residue is called in protonation and messages.
    built : frozenset of str
        Labels of residues whose side chains were built.
    chemistry : Chemistry
        Force field and water of the minimisation.
    sugars : bool
        Whether it has glycans.
    integrin : bool
        Whether it is an integrin, which is minimised in a layer of water.
    """

    topology: app.Topology
    positions: NDArray[np.float64]
    sites: list[SiteAtoms]
    springs: dict[int, float]
    labels: list[str]
    built: frozenset[str] = frozenset()
    repairs: list[Decision] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    chemistry: Chemistry = CHEMISTRY
    sugars: bool = False
    integrin: bool = False

    def hydrogenated(self, variants: list[Protonation], compute: Compute) -> Draft:
        """Return the model with hydrogens in given variants; the heavy atoms stay where they are.

        Parameters
        ----------
        variants : list of Protonation
        compute : (Platform, properties)
        """
        wanted = {p.residue: p.variant for p in variants}
        chosen = [
            wanted.get(label) if r.name in ("ASP", "GLU", "HIS", "LYS") else None
            for r, label in zip(self.topology.residues(), self.labels, strict=True)
        ]
        if self.sugars:
            app.Modeller.loadHydrogenDefinitions("glycam-hydrogens.xml")
        field = forcefield.load(self.chemistry, self.sugars)
        modeller = app.Modeller(self.topology, self.positions * unit.angstrom)
        with reproducible(compute[0]):
            modeller.addHydrogens(field, variants=chosen, platform=compute[0])
        heavy = [
            a.index for a in modeller.topology.atoms() if a.element is not app.element.hydrogen
        ]
        return replace(
            self,
            topology=modeller.topology,
            positions=np.array(modeller.positions.value_in_unit(unit.angstrom), dtype=float),
            sites=[site.renumbered(heavy) for site in self.sites],
            springs={heavy[i]: strength for i, strength in self.springs.items()},
        )

    def minimised(
        self, variants: list[Protonation], compute: Compute, name: str, say: Report
    ) -> tuple[Draft, tuple[float, float]]:
        """Return the model with hydrogens, minimised in water, and its energies (kJ/mol).

        Parameters
        ----------
        variants : list of Protonation
        compute : (Platform, properties)
        name : str
            Of the structure, for messages.
        say : callable
            Is called with a line for each step.

        Raises
        ------
        InputError
            A residue came out with the wrong configuration, or the coordinates are not finite.
        """
        say("adding hydrogens")
        model = self.hydrogenated(variants, compute)
        layer = f"minimising {len(model.positions)} atoms in a layer of water"
        say(layer if self.integrin else "minimising in a temporary box of water")
        relaxed, energies = relaxation.relax(
            model.topology,
            model.positions,
            model.springs,
            relaxation.guides(model.topology, model.positions, model.sites),
            compute,
            self.chemistry,
            self.sugars,
            self.integrin,
        )
        if not np.isfinite(relaxed).all():
            raise InputError(
                f"{name}: the minimisation came to no finite coordinates", "report this"
            )
        if wrong := stereo.mirrored(model.topology, relaxed):
            listed = ", ".join(dict.fromkeys(self.labels[r.index] for r in wrong))
            raise InputError(
                f"{name}: {listed} came out with the wrong configuration",
                "correct these residues in the structure before preparing it",
            )
        return replace(model, positions=relaxed), energies


@dataclass
class Prepared:
    """A prepared state.

    Attributes
    ----------
    topology : openmm.app.Topology
        Of the αL I domain: proteins, each ACE–…–NME where it was cut, then MG, then the first-shell
        waters; mature numbering. Of an integrin: protein chains, sugars (G), fixed metals (S), the
        titrated metal (M), waters (W).
    positions : ndarray, shape (n, 3)
        Å.
    verdicts : list of SiteVerdict
        The judged metal sites.
    facts : dict
        What else ``site.json`` says of an integrin; empty for the αL I domain.
    """

    topology: app.Topology
    positions: NDArray[np.float64]
    verdicts: list[SiteVerdict]
    decisions: list[Decision] = field(default_factory=list)
    repairs: list[Decision] = field(default_factory=list)
    variants: list[Protonation] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def table(self) -> str:
        """Return the metal sites as lines of text."""
        return "\n".join(verdict.table() for verdict in self.verdicts)

    def report(self) -> dict[str, Any]:
        """Return the content of ``site.json``."""
        content = self.verdicts[0].as_dict()
        if self.facts:
            accepted = all(verdict.accepted for verdict in self.verdicts)
            sites = {verdict.atoms.name: verdict.as_dict() for verdict in self.verdicts}
            content = {"accepted": accepted, "sites": sites, **self.facts}
        return {
            **content,
            "decisions": summary(self.decisions),
            "repairs": summary(self.repairs),
            "protonation": summary(self.variants),
            "provenance": self.provenance,
        }


def conditions(ph: float, chemistry: Chemistry = CHEMISTRY) -> dict[str, Any]:
    """Return under which conditions a model was prepared, for its provenance."""
    chosen = force_fields.choose(chemistry)
    return {
        "force_field": chemistry.force_field,
        "water": chemistry.water,
        "force_field_files": list(chosen.files),
        "ph": ph,
        "versions": provenance.versions(provenance.BUILDING),
    }
