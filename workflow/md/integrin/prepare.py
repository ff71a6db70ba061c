"""Preparing an integrin: chains → domains → glycans → gaps → sites → protons → minimise → judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray
from openmm import app

from lfa1_analysis.io.errors import InputError, MetalSiteError
from lfa1_analysis.metal_site.coordination import Donor, Kind
from lfa1_md.files import provenance
from lfa1_md.forcefield import forcefield
from lfa1_md.integrin import assembly, confidence, loops, reading, relaxation, sites, sugars
from lfa1_md.integrin.assembly import SUGAR_CHAIN, Draft
from lfa1_md.integrin.held import Held
from lfa1_md.integrin.loops import Chains
from lfa1_md.integrin.site_verdict import Verdict, judge
from lfa1_md.protein import metal_site, stereo
from lfa1_md.protein.assembly import BACKBONE
from lfa1_md.protein.protonation import Protonation
from lfa1_md.protein.relaxation import CHEMISTRY, METAL_SPRING, SITE_SPRING, SPRING
from lfa1_md.protein.residues import Decision, is_water
from lfa1_md.study import force_fields
from lfa1_md.study.construct import Construct
from lfa1_md.study.sections import Chemistry, StateSource

Compute = tuple[openmm.Platform, dict[str, str]]
_LONGEST_SS = 2.2
"""Å; a disulfide's S–S is 2.05 Å long."""


@dataclass
class PreparedIntegrin:
    """A prepared integrin.

    Attributes
    ----------
    topology : openmm.app.Topology
        Protein chains, sugars (G), fixed metals (S), the titrated metal (M), waters (W).
    positions : ndarray, shape (n, 3)
        Å.
    verdicts : list of Verdict
        One for each site.
    """

    topology: app.Topology
    positions: NDArray[np.float64]
    state: str
    construct: Construct
    verdicts: list[Verdict]
    decisions: list[Decision]
    variants: list[dict[str, Any]]
    facts: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> PreparedIntegrin:
        """Itself: what prints the table."""
        return self

    def table(self) -> str:
        """Return the sites as lines of text."""
        return "\n".join(f"    {line}" for v in self.verdicts for line in v.lines())

    def report(self) -> dict[str, Any]:
        """Return the content of ``site.json``."""
        return {
            "state": self.state,
            "accepted": all(not v.faults for v in self.verdicts),
            "titrated": self.construct.titrate,
            "reference": self.construct.reference,
            "sites": {v.held.name: v.as_dict() for v in self.verdicts},
            **self.facts,
            "decisions": metal_site.summary(self.decisions),
            "protonation": self.variants,
            "provenance": self.provenance,
        }


def prepare(
    file: Path,
    source: StateSource,
    chemistry: Chemistry,
    compute: Compute,
    say: Any = lambda line: None,
) -> PreparedIntegrin:
    """Prepare an integrin's headpiece or ectodomain.

    Parameters
    ----------
    file : path
        Coordinates of the complex.
    source : StateSource
        With a `integrin`.
    chemistry : Chemistry
    compute : (Platform, properties)
    say : callable
        Told each step in a line.

    Raises
    ------
    InputError
        The structure cannot be used.
    MetalSiteError
        A site is not accepted; nothing is written then.
    """
    construct = source.integrin
    assert construct is not None
    chosen = chemistry_for(construct, chemistry)
    say(f"{file}: finding chains, domains and sites")
    integrin = reading.load(file, construct)
    _confidence(file, integrin)
    roots = sugars.decide(integrin, construct.glycans)
    built = loops.judge(integrin, source.gaps, construct)
    held = sites.find(integrin, construct, str(source.state))
    _removals(integrin)
    say("completing the chains")
    chains = loops.complete(integrin, built, compute[0])
    draft = assembly.assemble(chains, roots, held, construct.titrate)
    say("protonation (PROPKA), adding hydrogens")
    variants = assembly.protonate(draft, held, chains, chemistry.ph)
    draft = assembly.hydrogenate(draft, variants, forcefield.load(chosen, bool(roots)), compute[0])
    say(f"minimising {draft.topology.getNumAtoms()} atoms in a layer of water")
    relaxed, energies = relaxation.relax(
        draft.topology,
        draft.positions,
        _springs(draft, chains, held),
        assembly.guides(draft, held, chains),
        (forcefield.load(chosen, bool(roots)), force_fields.choose(chosen).solvent),
        compute,
    )
    _check_geometry(draft, chains, relaxed, str(file))
    verdicts = [_judge(h, draft, relaxed, chains) for h in held]
    for verdict in verdicts:
        verdict.oxygens = _oxygens(verdict, draft, chains)
    pairs, single = loops.disulfides(draft.topology, relaxed, chains.final)
    prepared = PreparedIntegrin(
        _final(draft.topology, chains.final),
        relaxed,
        str(source.state),
        construct,
        verdicts,
        integrin.decisions,
        [_named(v, chains) for v in variants],
        {
            "chains": integrin.chains,
            "nearest_family_members": integrin.names,
            "disulfides": pairs,
            "cysteines_without_partner": single,
            "glycans_kept": len(roots),
            "energy_kj_mol": {"before": round(energies[0], 1), "after": round(energies[1], 1)},
        },
        {
            "structure": source.structure,
            "source_sha256": provenance.sha256(file),
            "force_field": chosen.force_field,
            "water": chosen.water,
            "force_field_files": list(force_fields.choose(chosen).files),
            "ph": chemistry.ph,
            "versions": provenance.versions(provenance.BUILDING),
        },
    )
    _require(prepared, str(file))
    for verdict in verdicts:
        say(f"site {verdict.held.name} accepted")
    return prepared


def chemistry_for(construct: Construct, chemistry: Chemistry) -> Chemistry:
    """Return the force field that a construct is minimised with.

    Without sugars that of all preparations, ff19SB in OPC3, whatever is simulated with afterwards;
    with sugars the configuration's own, which must have them.

    Raises
    ------
    ConfigError
        Glycans are to be kept with a force field that has no sugars here.
    """
    if construct.glycans == "cut":
        return CHEMISTRY
    force_fields.check_sugars(chemistry)
    return chemistry


def _confidence(file: Path, integrin: reading.Integrin) -> None:
    """Say how sure a prediction is of its domains."""
    if not confidence.is_prediction(file):
        return
    for name, value in confidence.by_domain(file).items():
        low = ", low: its place and shape are a guess" if value < confidence.LOW else ""
        integrin.decisions.append(
            Decision(f"{name}: mean pLDDT {value:.0f}{low}", "the structure is a prediction")
        )


def _removals(integrin: reading.Integrin) -> None:
    """List what else the structure holds and is left out."""
    import gemmi

    groups: dict[str, list[str]] = {}
    for chain, residue in integrin.others:
        info = gemmi.find_tabulated_residue(residue.name)
        if is_water(residue) or info.kind == gemmi.ResidueKind.PYR:
            continue
        if all(a.element.is_metal for a in residue):
            continue
        what = f"chain {chain}" if info.is_amino_acid() else f"molecule {residue.name}"
        groups.setdefault(what, []).append(f"{residue.name} {residue.seqid}")
    for what, members in groups.items():
        told = f"{len(members)} residues" if what.startswith("chain") else f"{len(members)}"
        integrin.decisions.append(
            Decision(
                f"{what} removed ({told})", "no part of the integrin: ligand, antibody, buffer"
            )
        )


def _springs(draft: Draft, chains: Chains, held: list[Held]) -> dict[int, float]:
    """Return how firmly each heavy atom is held where it is (kJ/mol/nm²), by its index.

    As for the I domain: the site most firmly but for its donors' side chains, the ion where a
    crystal has it; what was built, sugars and waters not at all.
    """
    atoms = list(chains.topology.atoms())
    built = {(atoms[i].residue.id, atoms[i].name) for i in chains.built}
    site = {str(chains.running[id(p)]) for h in held for p in h.residues}
    donors = {str(chains.running[id(p)]) for h in held for p in h.demanded}
    metals = {str(draft.metals[h.name]): h.source for h in held if h.metal != "none"}
    found = {}
    for atom in draft.topology.atoms():
        number = atom.residue.id
        if atom.element is None or atom.element is app.element.hydrogen:
            continue
        if number in metals and len(list(atom.residue.atoms())) == 1:
            if metals[number] != "geometry":
                found[atom.index] = METAL_SPRING
        elif (
            atom.residue.name != "HOH"
            and atom.residue.chain.id != SUGAR_CHAIN
            and (number, atom.name) not in built
            and not (number in donors and atom.name not in BACKBONE)
        ):
            found[atom.index] = SITE_SPRING if number in site else SPRING
    return found


def _judge(held: Held, draft: Draft, positions: NDArray[np.float64], chains: Chains) -> Verdict:
    if held.metal == "none":
        return Verdict(held, None, [])
    number = str(draft.metals[held.name])
    metal = next(a.index for a in draft.topology.atoms() if a.residue.id == number)
    labels = {}
    for atom in draft.topology.atoms():
        place = chains.final.get(int(atom.residue.id))
        labels[atom.residue.index] = f"{place[0]}:{atom.residue.name}{place[1]}" if place else ""
    donors = []
    for donor, residue in _donors(draft.topology, positions, metal):
        label = labels[residue.index] or f"{residue.name}{residue.id}"
        donors.append(type(donor)(donor.name, label, donor.kind, donor.xyz))
    return judge(held, positions[metal], donors)


def _oxygens(verdict: Verdict, draft: Draft, chains: Chains) -> list[dict[str, Any]]:
    """Return a site's oxygens by residue, as indices of the prepared model."""
    roles = {id(p): "donor" for p in verdict.held.demanded}
    roles |= {id(p): "outer" for p in verdict.held.outer}
    found = []
    for place, names, _ in verdict.held.places:
        number = str(chains.running[id(place)])
        found.append(
            {
                "label": f"{place.kind}:{place.residue.name}{place.number}",
                "atoms": [
                    a.index
                    for a in draft.topology.atoms()
                    if a.residue.id == number and a.name in names
                ],
                "role": roles.get(id(place), "other"),
            }
        )
    return found


def _donors(topology: app.Topology, positions: NDArray[np.float64], metal: int) -> list[Any]:
    near = np.flatnonzero(np.linalg.norm(positions - positions[metal], axis=1) < 5.0)
    atoms = list(topology.atoms())
    found = []
    for i in near.tolist():
        atom = atoms[i]
        if atom.element is not None and atom.element.symbol in ("O", "N", "S"):
            kind: Kind = "water" if atom.residue.name == "HOH" else "protein"
            found.append((Donor(atom.name, "", kind, tuple(positions[i])), atom.residue))
    return found


def _check_geometry(
    draft: Draft, chains: Chains, positions: NDArray[np.float64], name: str
) -> None:
    """Refuse mirror images and broken disulfides; energies that are not finite too."""
    if not np.isfinite(positions).all():
        raise InputError(f"{name}: the minimisation came to no finite coordinates", "report this")
    wrong = stereo.d_amino_acids(draft.topology, positions) + stereo.wrong_side_chains(
        draft.topology, positions
    )
    if wrong:
        told = ", ".join(_of(w, chains) for w in dict.fromkeys(wrong))
        raise InputError(
            f"{name}: {told} came out with the wrong configuration",
            "correct these residues in the structure before preparing it",
        )
    pairs, _ = loops.disulfides(draft.topology, positions, chains.final)
    long = [p for p in pairs if float(str(p["distance_angstrom"])) > _LONGEST_SS]
    if long:
        raise InputError(
            f"{name}: disulfides came apart: {long}", "correct the cysteines in the structure"
        )


def _of(label: str, chains: Chains) -> str:
    kind, number, icode = chains.final[int(label[3:])]
    return f"{kind} {label[:3]}{number}{icode.strip()}"


def _named(variant: Protonation, chains: Chains) -> dict[str, Any]:
    return {
        "residue": _of(variant.residue, chains),
        "variant": variant.variant,
        "pka": variant.pka,
        "why": variant.why,
    }


def _final(topology: app.Topology, final: dict[int, tuple[str, int, str]]) -> app.Topology:
    """Return the topology with the numbers that the model is written with."""
    copy, copies = app.Topology(), {}
    for chain in topology.chains():
        target = copy.addChain(chain.id)
        for count, residue in enumerate(chain.residues(), start=1):
            place = final.get(int(residue.id)) if residue.name not in ("HOH",) else None
            number, icode = (str(place[1]), place[2].strip()) if place else (str(count), "")
            made = copy.addResidue(residue.name, target, number, icode)
            for atom in residue.atoms():
                copies[atom] = copy.addAtom(atom.name, atom.element, made)
    for one, two, *_ in topology.bonds():
        copy.addBond(copies[one], copies[two])
    return copy


def _require(prepared: PreparedIntegrin, name: str) -> None:
    refused = [v for v in prepared.verdicts if v.faults]
    if not refused:
        return
    told = "; ".join(f"{v.held.name}: {', '.join(v.faults)}" for v in refused)
    raise MetalSiteError(
        f"{name}: metal sites not accepted: {told}\n{prepared.table()}",
        "set such a site to `none` or another metal in `integrin.sites`, or give a structure that "
        "shows it with its waters",
    )
