"""The sections of the configuration: every key, its unit, its default and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lfa1_analysis.proteins.ion_names import MODELS
from lfa1_md.study.construct import Construct
from lfa1_md.study.quantities import (
    Bar,
    Daltons,
    Femtoseconds,
    ForceConstant,
    ForceTolerance,
    Kelvin,
    Molar,
    Nanometres,
    PerPicosecond,
    Picoseconds,
    whole_multiple,
)

_LONGEST = 1e9
"""ps; a millisecond, beyond what any computer reaches with such a system."""
_MOST_SEGMENTS = 10_000
"""Of each replica; every one is a job of the workflow and five files."""

State = Literal["closed", "open", "bound"]
Ligand = Literal["D1", "D1-D2"]
Ion = Literal["mg", "apo", "ca", "mn", "na", "mg_sham"]
if TYPE_CHECKING:
    IonModel: TypeAlias = str
else:
    IonModel = Literal[tuple(MODELS)]


class ConfigSection(BaseModel):
    """A section; keys that it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def whole(duration: float, unit: float, key: str, unit_key: str) -> int:
    """Return how often `unit` fits into `duration` (both ps); raise ValueError if not wholly."""
    count = whole_multiple(duration, unit)
    if count is None:
        raise ValueError(
            f"{key} ({duration:g} ps) is not a whole multiple of {unit_key} ({unit:g} ps); "
            f"change {key} or {unit_key}"
        )
    return count


class StateSource(ConfigSection):
    """Where the structure of one conformational state comes from."""

    structure: str = Field(
        description="An embedded model (`closed`, `open`, `bound`), a catalogue entry (`1CQP`) or "
        "the path of a PDB/mmCIF file, relative to the working directory."
    )
    chain: str | None = Field(
        None, description="Chain of the αL I domain; found by sequence when not given."
    )
    state: State | None = Field(
        None,
        description="Which state's donor pattern the MIDAS must show: what the key's name begins "
        "with (`closed`, `open`, `bound`, `closed_…`, `open_…`, `bound_…`).",
    )
    ligand: Ligand | None = Field(
        None,
        description="How much of ICAM-1 a `bound` state keeps: its first domain (`D1`, residues "
        "1–84, which alone touches the I domain; what a `bound` state has by default) or two "
        "(`D1-D2`, 1–185). States of the I domain alone have none.",
    )
    gaps: Literal["refuse", "model", "cap"] = Field(
        "refuse",
        description="What to do with residues missing inside the chain: refuse them, model them, "
        "or cap both ends.",
    )
    integrin: Construct | None = Field(
        None,
        description="An integrin's headpiece or ectodomain in place of the αL I domain; see below.",
    )


class Chemistry(ConfigSection):
    """The composition of the box and the conditions it is in."""

    force_field: Literal["ff19SB", "ff14SB", "CHARMM36"] = Field(
        "ff19SB", description="Protein force field."
    )
    water: Literal["OPC3", "OPC", "TIP3P", "CHARMM-TIP3P"] = Field(
        "OPC3", description="Water model; must belong to the force field."
    )
    ion_model: IonModel | None = Field(
        None,
        description="Model of the metal: a Li/Merz 12-6 set (`CM`, `HFE`, `IOD`), `12-6-4`, "
        "`microMg`, `nanoMg`, or `CHARMM36`; must belong to the water. By default the one that "
        "comes with it (`CM`, or `CHARMM36`).",
    )
    ph: float = Field(
        7.4,
        strict=True,
        allow_inf_nan=False,
        ge=0,
        le=14,
        description="pH for the protonation states (PROPKA).",
    )
    ionic_strength: Molar = Field(
        0.15,
        ge=0,
        le=2,
        description="Concentration of NaCl beyond what neutralises the box.",
    )
    bulk_mgcl2: Molar = Field(
        0.0,
        ge=0,
        le=2,
        description="Concentration of MgCl₂ in the solvent, in addition to NaCl: the same Mg²⁺ "
        "away from the MIDAS in all systems of a state, `apo` too. It is rounded to whole ions; "
        "less than one in the box is refused.",
    )
    padding: Nanometres = Field(
        1.0,
        ge=0.5,
        le=5,
        description="Least distance from the protein to the box edge.",
    )
    box: Literal["dodecahedron", "rectangular"] = Field(
        "dodecahedron",
        description="`dodecahedron` has room for the molecule however it turns; `rectangular` is "
        "fitted to an elongated one along its axes, for short or restrained runs: there each "
        "segment says how near the molecule came to its own image. `lfa1 config` tells the atoms "
        "of both.",
    )
    temperature: Kelvin = Field(310.0, gt=200, lt=500, description="Temperature.")
    pressure: Bar = Field(1.0, gt=0, le=1000, description="Pressure of NPT stages.")


class Dynamics(ConfigSection):
    """How the equations of motion are integrated."""

    timestep: Femtoseconds = Field(4.0, gt=0, le=5, description="Production time step.")
    hydrogen_mass: Daltons = Field(
        3.0,
        ge=1.008,
        le=4,
        description="Mass of the hydrogens; the difference is taken from the heavy atom (HMR).",
    )
    friction: PerPicosecond = Field(1.0, gt=0, le=100, description="Langevin friction.")
    cutoff: Nanometres = Field(
        0.9,
        ge=0.7,
        le=1.5,
        description="Direct-space cutoff of PME and Lennard-Jones; CHARMM36 needs 1.2 nm.",
    )
    barostat_interval: int = Field(
        25, strict=True, ge=1, le=1000, description="Steps between attempted volume changes."
    )
    blow_up_retries: int = Field(
        0,
        strict=True,
        ge=0,
        le=10,
        description="How often an equilibration or a segment that blows up may go on from its last "
        "checkpoint with new velocities. The report counts them.",
    )

    @model_validator(mode="after")
    def _heavy_hydrogens_for_long_steps(self) -> Dynamics:
        if self.timestep > 2.5 and self.hydrogen_mass < 2:
            raise ValueError(
                f"timestep ({self.timestep:g} fs) needs a hydrogen_mass of at least 2 Da, "
                f"not {self.hydrogen_mass:g} Da; lower timestep to 2 fs or raise hydrogen_mass"
            )
        return self


class Minimisation(ConfigSection):
    """Energy minimisation of each solvated system."""

    max_iterations: int = Field(
        100,
        strict=True,
        ge=0,
        description="Iterations of each of the two passes; 0 goes on to `tolerance`.",
    )
    tolerance: ForceTolerance = Field(
        10.0,
        gt=0,
        description="Root-mean-square force at which it ends.",
    )
    restraint: ForceConstant = Field(
        1000.0,
        ge=0,
        description="Restraint on the protein's heavy atoms in the first pass.",
    )


class Stage(ConfigSection):
    """One stage of the equilibration."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$", description="Name in logs and tables.")
    ensemble: Literal["NVT", "NPT"] = Field(description="Constant volume or constant pressure.")
    duration: Picoseconds = Field(gt=0, le=_LONGEST, description="Length.")
    timestep: Femtoseconds = Field(2.0, gt=0, le=5, description="Time step of this stage.")
    restraint: ForceConstant = Field(
        0.0,
        ge=0,
        description="Restraint on the protein's heavy atoms.",
    )
    temperature: Kelvin | None = Field(
        None,
        gt=0,
        le=1000,
        description="Temperature of this stage; by default `chemistry.temperature`.",
    )
    friction: PerPicosecond | None = Field(
        None,
        gt=0,
        le=100,
        description="Langevin friction of this stage; by default 10/ps while restrained, so that "
        "the heat of settling water is taken up, and `dynamics.friction` otherwise.",
    )

    @property
    def steps(self) -> int:
        """Number of integration steps."""
        return whole(self.duration, self.timestep / 1000, "duration", "timestep")

    @model_validator(mode="after")
    def _whole_steps(self) -> Stage:
        _ = self.steps
        return self


class Production(ConfigSection):
    """Unrestrained production, in segments that are chained through their final states."""

    duration: Picoseconds = Field(gt=0, le=_LONGEST, description="Length of each replica.")
    segment: Picoseconds = Field(gt=0, description="Length of one segment (one job).")
    frame_interval: Picoseconds = Field(gt=0, description="Time between trajectory frames.")
    energy_interval: Picoseconds = Field(gt=0, description="Time between rows of the energy log.")
    checkpoint_interval: Picoseconds | None = Field(
        None,
        gt=0,
        description="Simulated time between planned checkpoints, at which the random numbers start "
        "anew so that a killed run repeats an uninterrupted one; by default a fifth of a segment, "
        "in whole frames. Between them one is written every 10 minutes.",
    )

    @property
    def checkpoints_every(self) -> float:
        """Simulated time between planned checkpoints (ps)."""
        if self.checkpoint_interval is not None:
            return self.checkpoint_interval
        return max(1, self.frames_per_segment // 5) * self.frame_interval

    @property
    def n_segments(self) -> int:
        """Segments of each replica."""
        return whole(self.duration, self.segment, "duration", "segment")

    @property
    def frames_per_segment(self) -> int:
        """Trajectory frames of each segment."""
        return whole(self.segment, self.frame_interval, "segment", "frame_interval")

    @model_validator(mode="after")
    def _whole_segments(self) -> Production:
        if self.n_segments > _MOST_SEGMENTS:
            raise ValueError(
                f"duration ({self.duration:g} ps) is {self.n_segments} segments of "
                f"{self.segment:g} ps; raise segment so that there are at most {_MOST_SEGMENTS}"
            )
        _ = self.frames_per_segment
        whole(self.segment, self.energy_interval, "segment", "energy_interval")
        return self


class Analysis(ConfigSection):
    """How the trajectories are summarised."""

    discard: Picoseconds = Field(
        0.0,
        ge=0,
        description="Beginning of each replica that is left out before equilibration detection.",
    )


class Gate(ConfigSection):
    """The action that an alarm about the metal site has on a production run."""

    action: Literal["note", "warn", "stop"] = Field(
        "warn",
        description="`note` keeps what happened in the segment's record; `warn` also says it in "
        "the log; `stop` also ends the replica where the site is lost and stays so. May be changed "
        "at any time: nothing is computed again, and a stopped replica goes on.",
    )
