"""Force fields with the water and ion models they were made for; other pairs are refused.

Each combination brings its own treatment of the Lennard-Jones cutoff, because the parameters were
fitted with it. All use particle-mesh Ewald for the charges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfa1_analysis.io.errors import ConfigError

if TYPE_CHECKING:
    from lfa1_md.study.sections import Chemistry, Dynamics


@dataclass(frozen=True)
class ForceFieldSet:
    """A protein force field, its water and its ions.

    Attributes
    ----------
    files : tuple of str
        OpenMM's force-field files.
    solvent : str
        The box of pre-equilibrated water that `Modeller.addSolvent` fills in: any model with the
        same number of sites will do, since the parameters come from `files`.
    cutoff : float or None
        The only cutoff (nm) that the parameters allow; None leaves it to the configuration.
    switch : float or None
        Where the Lennard-Jones potential starts to be switched off (nm).
    dispersion_correction : bool
        Whether energy and pressure are corrected for the attraction beyond the cutoff.
    metal : str
        The Mg²⁺ model that the files hold.
    sources : tuple of str
        Citations of protein, water and ions, in this order.
    extra : str
        Templates that the files lack, as XML.
    """

    files: tuple[str, ...]
    solvent: str
    cutoff: float | None
    switch: float | None
    dispersion_correction: bool
    metal: str
    sources: tuple[str, ...]
    extra: str = ""


# CHARMM knows the chain's caps only as patches of the residue beside them, the PDB only as residues
# of their own. These are the atoms that its patches ACE and CT3 add, each with its type and charge
# there; both caps are neutral, and the terms between them and the chain follow from the types.
_CHARMM_CAPS = """
<ForceField><Residues>
<Residue name="ACE">
 <Atom name="CH3" type="CT3" charge="-0.27"/><Atom name="HH31" type="HA3" charge="0.09"/>
 <Atom name="HH32" type="HA3" charge="0.09"/><Atom name="HH33" type="HA3" charge="0.09"/>
 <Atom name="C" type="C" charge="0.51"/><Atom name="O" type="O" charge="-0.51"/>
 <Bond atomName1="CH3" atomName2="HH31"/><Bond atomName1="CH3" atomName2="HH32"/>
 <Bond atomName1="CH3" atomName2="HH33"/><Bond atomName1="CH3" atomName2="C"/>
 <Bond atomName1="C" atomName2="O"/><ExternalBond atomName="C"/>
</Residue>
<Residue name="NME">
 <Atom name="N" type="NH1" charge="-0.47"/><Atom name="H" type="H" charge="0.31"/>
 <Atom name="C" type="CT3" charge="-0.11"/><Atom name="H1" type="HA3" charge="0.09"/>
 <Atom name="H2" type="HA3" charge="0.09"/><Atom name="H3" type="HA3" charge="0.09"/>
 <Bond atomName1="N" atomName2="H"/><Bond atomName1="N" atomName2="C"/>
 <Bond atomName1="C" atomName2="H1"/><Bond atomName1="C" atomName2="H2"/>
 <Bond atomName1="C" atomName2="H3"/><ExternalBond atomName="N"/>
</Residue>
</Residues></ForceField>
"""
_FF19SB = "ff19SB: Tian et al. 2020, 10.1021/acs.jctc.9b00591"
_FF14SB = "ff14SB: Maier et al. 2015, 10.1021/acs.jctc.5b00255"
_LI_MERZ_2020 = "Mg²⁺: Li/Merz 12-6 CM set, Li et al. 2020, 10.1021/acs.jctc.0c00194"
_SENGUPTA = "Na⁺ and Cl⁻: Sengupta et al. 2021, 10.1021/acs.jcim.0c01390"

SUGARS = "amber14/GLYCAM_06j-1.xml"
SUGARS_SOURCE = "Glycans: GLYCAM06, Kirschner et al. 2008, 10.1002/jcc.20820"

SETS: dict[tuple[str, str], ForceFieldSet] = {
    ("ff19SB", "OPC3"): ForceFieldSet(
        files=("amber19/protein.ff19SB.xml", "amber19/opc3.xml"),
        solvent="tip3p",
        cutoff=None,
        switch=None,
        dispersion_correction=True,
        metal="Li/Merz 12-6 CM set for OPC3",
        sources=(
            _FF19SB,
            "OPC3: Izadi and Onufriev 2016, 10.1063/1.4960175",
            _LI_MERZ_2020,
            _SENGUPTA,
        ),
    ),
    ("ff19SB", "OPC"): ForceFieldSet(
        files=("amber19/protein.ff19SB.xml", "amber19/opc.xml"),
        solvent="tip4pew",
        cutoff=None,
        switch=None,
        dispersion_correction=True,
        metal="Li/Merz 12-6 CM set for OPC",
        sources=(
            _FF19SB,
            "OPC: Izadi, Anandakrishnan and Onufriev 2014, 10.1021/jz501780a",
            _LI_MERZ_2020,
            _SENGUPTA,
        ),
    ),
    ("ff14SB", "TIP3P"): ForceFieldSet(
        files=("amber14/protein.ff14SB.xml", "amber14/tip3p.xml"),
        solvent="tip3p",
        cutoff=None,
        switch=None,
        dispersion_correction=True,
        metal="Li/Merz 12-6 CM set for TIP3P",
        sources=(
            _FF14SB,
            "TIP3P: Jorgensen et al. 1983, 10.1063/1.445869",
            "Mg²⁺: Li/Merz 12-6 CM set, Li et al. 2013, 10.1021/ct400146w",
            "Na⁺ and Cl⁻: Joung and Cheatham 2008, 10.1021/jp8001614",
        ),
    ),
    # The protein parameters were fitted without a correction for the cut-off dispersion and with
    # the potential switched off between 1.0 and 1.2 nm.
    ("CHARMM36", "CHARMM-TIP3P"): ForceFieldSet(
        files=("charmm36.xml", "charmm36/water.xml"),
        solvent="tip3p",
        cutoff=1.2,
        switch=1.0,
        dispersion_correction=False,
        metal="CHARMM36 (toppar_water_ions.str, August 2015)",
        sources=(
            "CHARMM36: Best et al. 2012, 10.1021/ct300400x",
            "CHARMM-modified TIP3P: MacKerell et al. 1998, 10.1021/jp973084f",
            "Mg²⁺: toppar_water_ions.str of toppar_c36_aug15, MacKerell group",
            "Na⁺ and Cl⁻: Beglov and Roux 1994, 10.1063/1.466711",
        ),
        extra=_CHARMM_CAPS,
    ),
}


def choose(chemistry: Chemistry) -> ForceFieldSet:
    """Return the combination that the configuration names.

    Raises
    ------
    ConfigError
        The water model does not belong to the force field.
    """
    chosen = SETS.get((chemistry.force_field, chemistry.water))
    if chosen is None:
        waters = [water for field, water in SETS if field == chemistry.force_field]
        fields = [field for field, water in SETS if water == chemistry.water]
        raise ConfigError(
            f"chemistry.water: {chemistry.water!r} does not belong to chemistry.force_field "
            f"{chemistry.force_field!r}",
            f"{chemistry.force_field} goes with {' or '.join(waters)}; "
            f"{chemistry.water} goes with {' or '.join(fields)}",
        )
    return chosen


def check(chemistry: Chemistry, dynamics: Dynamics) -> ForceFieldSet:
    """Check that force field, water and cutoff belong together.

    Raises
    ------
    ConfigError
        They do not; the message names the keys and what goes together.
    """
    chosen = choose(chemistry)
    if chosen.cutoff is not None and dynamics.cutoff != chosen.cutoff:
        raise ConfigError(
            f"dynamics.cutoff: {dynamics.cutoff:g} nm does not belong to chemistry.force_field "
            f"{chemistry.force_field!r}",
            f"set dynamics.cutoff to '{chosen.cutoff:g} nm', with which it was parametrised",
        )
    return chosen


def check_sugars(chemistry: Chemistry) -> None:
    """Check that the force field has sugars that go with it.

    GLYCAM_06j-1 as OpenMM has it goes with ff14SB: its asparagine with a sugar (NLN) has the
    backbone torsions of that family, while ff19SB describes the backbone by correction maps for
    each kind of residue and has none for NLN.

    Raises
    ------
    ConfigError
        It has none.
    """
    if chemistry.force_field != "ff14SB":
        raise ConfigError(
            "integrin.glycans: 'keep' does not go with chemistry.force_field "
            f"{chemistry.force_field!r}: GLYCAM_06j's glycosylated asparagine is made for ff14SB "
            "(ff19SB has no correction map for it; CHARMM36's sugars are not set up here)",
            "set `chemistry: {force_field: ff14SB, water: TIP3P}`, or `integrin.glycans: cut`",
        )
