"""The study's configuration: every key, its unit, its default and what is refused.

``config/README.md`` is generated from these models (``lfa1 config --document``); a test fails
when the two drift.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from lfa1_analysis.proteins.alphal import STATE_DONORS, STATE_LIGANDS
from lfa1_analysis.proteins.ion_names import MG_SHAM
from lfa1_md.study import embedded
from lfa1_md.study.ion_models import OWN, member_of
from lfa1_md.study.linkage_settings import Linkage
from lfa1_md.study.sampling import Sampling
from lfa1_md.study.sections import (
    Analysis,
    Chemistry,
    ConfigSection,
    Dynamics,
    Gate,
    Ion,
    IonModel,
    Minimisation,
    Production,
    Stage,
    StateSource,
    whole,
)
from lfa1_md.study.separation_settings import Separation

RETRIES = "blow_up_retries"
"""Decides whether a run ends, not how it goes; raising it must not rebuild what is finished."""
BESIDES = ("added", "windows")
"""What records of windows have among their settings besides the study's: biases of pilots."""
XTC_STEPS = 2**31
"""The XTC format numbers steps with 32 bits."""


def _embedded_states() -> dict[str, StateSource]:
    return {name: StateSource(structure=name, state=name) for name in ("closed", "open")}


def _ligand(name: str, kind: str, source: StateSource) -> str | None:
    """Return how much of ICAM-1 a state keeps, or say why that cannot be."""
    if kind not in STATE_LIGANDS:
        if source.ligand is not None:
            raise ValueError(
                f"state '{name}' has a `ligand`, which only `bound` states have; name it "
                f"`bound_…` or leave `ligand` out"
            )
        return None
    ligand = source.ligand or "D1"
    held = embedded.LIGANDS.get(source.structure)
    if source.structure in embedded.NAMES and held != ligand:
        raise ValueError(
            f"state '{name}': the embedded model `{source.structure}` holds "
            f"{f'ICAM-1 {held}' if held else 'no ICAM-1'}, not {ligand}; give `structure: 1MQ8` "
            f"to have it prepared"
        )
    return ligand


class StudyConfig(ConfigSection):
    """The whole study."""

    title: str = Field("Mg²⁺ at the MIDAS of LFA-1", description="Heading of the report.")
    demonstration: bool = Field(
        False,
        strict=True,
        description="Marks the report as a demonstration whose runs are far too short.",
    )
    seed: int = Field(
        2022, strict=True, ge=0, lt=2**31, description="Every random number derives from it."
    )
    states: dict[str, StateSource] = Field(
        default_factory=_embedded_states,
        description="Conformational states by name.",
    )
    ions: list[Ion] = Field(
        ["mg", "apo"],
        min_length=1,
        description="What sits at the MIDAS: `mg` (Mg²⁺), `apo` (nothing), `ca` (Ca²⁺, which "
        "takes its place where Mg²⁺ is scarce), or as controls `mn` (Mn²⁺), `na` (Na⁺) and "
        "`mg_sham` (Mg²⁺ as in `mg`; a Cl⁻ and a Na⁺ of the solvent, far from the protein, have "
        "changed places: it must not differ from `mg`).",
    )
    ion_models: list[IonModel] = Field(
        default_factory=list,
        description="Further models of Mg²⁺, to see whether the answer survives the choice: each "
        "adds systems `{state}-mg_{model}` from the same boxes, compared with the same `apo`.",
    )
    replicas: int = Field(
        2, strict=True, ge=1, le=1000, description="Independent replicas of each system."
    )
    platform: Literal["auto", "CUDA", "CPU"] = Field(
        "auto",
        description="OpenMM platform; `auto` takes CUDA if a device answers. A machine's matter: "
        "set it in a profile or with `--config platform=CPU`.",
    )
    chemistry: Chemistry = Field(default_factory=Chemistry)
    dynamics: Dynamics = Field(default_factory=Dynamics)
    minimisation: Minimisation = Field(default_factory=Minimisation)
    equilibration: list[Stage] = Field(min_length=1, description="Stages, in order.")
    production: Production
    sampling: Sampling | None = Field(
        None, description="Umbrella sampling of opening; see below. By default none is done."
    )
    separation: Separation | None = Field(
        None,
        description="Steered separation of `bound` states; see below. By default none is done.",
    )
    linkage: Linkage = Field(
        default_factory=Linkage, description="The dose–response that follows from `sampling`."
    )
    gate: Gate = Field(default_factory=Gate)
    analysis: Analysis = Field(default_factory=Analysis)

    @field_validator("ions", "ion_models")
    @classmethod
    def _nothing_twice(cls, names: list[str]) -> list[str]:
        if len(set(names)) < len(names):
            raise ValueError("names something twice; list each once")
        return names

    @field_validator("ions")
    @classmethod
    def _sham_of_something(cls, ions: list[str]) -> list[str]:
        if MG_SHAM in ions and "mg" not in ions:
            raise ValueError(f"has `{MG_SHAM}`, the control of `mg`, without `mg`; add it")
        return ions

    @field_validator("states")
    @classmethod
    def _states_known(cls, states: dict[str, StateSource]) -> dict[str, StateSource]:
        if not states:
            raise ValueError("is empty; name at least one state, such as `closed`")
        known = {}
        for name, source in states.items():
            if not name.replace("_", "").isalnum() or not name.isascii():
                raise ValueError(f"state name '{name}' must be letters, digits and underscores")
            kind = name.split("_")[0]
            if kind not in STATE_DONORS or source.state not in (None, kind):
                raise ValueError(
                    f"state '{name}' must say whether its MIDAS is closed or open, or bound to "
                    f"ICAM-1: name it `closed`, `open`, `bound`, `closed_…`, `open_…` or `bound_…`"
                )
            ligand = _ligand(name, kind, source)
            source = source.model_copy(update={"state": kind, "ligand": ligand})
            known[name] = source
        return known

    @model_validator(mode="after")
    def _sampling_states(self) -> StudyConfig:
        if self.sampling is not None and self.bound_states:
            raise ValueError(
                f"sampling is of the I domain alone, and state '{self.bound_states[0]}' has ICAM-1 "
                f"bound; leave `sampling` out, or that state"
            )
        return self

    @model_validator(mode="after")
    def _separation_states(self) -> StudyConfig:
        if self.separation is not None and not self.bound_states:
            raise ValueError(
                "separation pulls ICAM-1 off, and no state has it; add a `bound` state or leave "
                "`separation` out"
            )
        return self

    @model_validator(mode="after")
    def _whole_steps(self) -> StudyConfig:
        step = self.dynamics.timestep / 1000
        for key in ("segment", "frame_interval", "energy_interval", "checkpoint_interval"):
            if (duration := getattr(self.production, key)) is not None:
                whole(duration, step, f"production.{key}", "dynamics.timestep")
        if self.sampling is not None:
            self._sampling_whole(self.sampling, step)
        if self.separation is not None:
            for key in ("segment", "frame_interval", "force_interval"):
                duration = getattr(self.separation, key)
                whole(duration, step, f"separation.{key}", "dynamics.timestep")
        if self.production.duration / step >= XTC_STEPS:
            raise ValueError(
                f"production.duration ({self.production.duration:g} ps) has more steps than a "
                f"trajectory can number ({XTC_STEPS}); shorten it to "
                f"{int(XTC_STEPS * step)} ps, or raise dynamics.timestep"
            )
        if self.analysis.discard >= self.production.duration:
            raise ValueError(
                f"analysis.discard ({self.analysis.discard:g} ps) leaves nothing of "
                f"production.duration ({self.production.duration:g} ps); lower it"
            )
        names = [stage.name for stage in self.equilibration]
        if len(set(names)) < len(names):
            raise ValueError("equilibration has two stages of the same name; rename one")
        if self.equilibration[-1].restraint > 0:
            raise ValueError(
                f"the last equilibration stage '{names[-1]}' is still restrained; add a stage "
                f"without restraint, since production has none"
            )
        return self

    @staticmethod
    def _sampling_whole(sampling: Sampling, step: float) -> None:
        pull = ("per_window", "frame_interval", "coordinate_interval")
        window = ("segment", "frame_interval", "energy_interval", "checkpoint_interval")
        for part, keys in (("pull", pull), ("window", window)):
            for key in keys:
                if (duration := getattr(getattr(sampling, part), key)) is not None:
                    whole(duration, step, f"sampling.{part}.{key}", "dynamics.timestep")
        if (exchange := sampling.exchange) is not None:
            whole(exchange.interval, step, "sampling.exchange.interval", "dynamics.timestep")

    @model_validator(mode="after")
    def _integrins(self) -> StudyConfig:
        for name, source in self.states.items():
            if source.integrin is None:
                continue
            if source.ligand is not None:
                raise ValueError(
                    f"state '{name}': an `integrin` is prepared without a ligand; name the state "
                    f"`closed_…` or `open_…`"
                )
            if self.sampling is not None:
                raise ValueError(
                    f"sampling is of the I domain alone, and state '{name}' is an integrin; leave "
                    f"`sampling` out, or that state"
                )
            if source.structure in ("closed", "open", "bound"):
                raise ValueError(
                    f"state '{name}': the embedded model `{source.structure}` is an I domain, no "
                    f"integrin; give `structure` an entry such as 5E6R or a file with both chains"
                )
            if source.integrin.glycans == "keep" and self.chemistry.force_field != "ff14SB":
                raise ValueError(
                    f"state '{name}': integrin.glycans `keep` needs chemistry.force_field `ff14SB` "
                    f"(with `water: TIP3P`), which GLYCAM's glycosylated asparagine is made for; "
                    f"set these, or `glycans: cut`"
                )
        return self

    @property
    def systems(self) -> list[str]:
        """Names of the systems, ``{state}-{ion}``."""
        return [f"{state}-{member}" for state in self.states for member in self.members]

    @property
    def bound_states(self) -> list[str]:
        """States that have a ligand."""
        return [name for name, source in self.states.items() if source.ligand is not None]

    @property
    def pulled_systems(self) -> list[str]:
        """Systems that `separation` pulls ICAM-1 off."""
        states = self.bound_states if self.separation is not None else []
        return [name for name in self.systems if state_of(name) in states]

    def equilibrated(self, system: str) -> int:
        """How many replicas of a system are equilibrated: pulls start from them too."""
        pulls = [self.sampling.replicas] if self.sampling is not None else []
        if self.separation is not None and system in self.pulled_systems:
            pulls.append(self.separation.replicas)
        return max(self.replicas, *pulls, 0)

    @property
    def members(self) -> list[str]:
        """Return what systems hold at the MIDAS: the ions, then Mg²⁺ by other models."""
        standard = self.chemistry.ion_model or OWN[self.chemistry.water]
        others = [model for model in self.ion_models if model != standard]
        return [*self.ions, *(member_of(model) for model in others)]

    def settings(self, step: str, state: str | None = None) -> dict[str, Any]:
        """The part of the configuration that decides the outcome of `step`.

        Parameters
        ----------
        step : {"prepare", "solvate", "minimise", "equilibrate", "simulate", "sample", "exchange", \
"separate"}
            Each step's settings include those of the steps before it; sampling and separation
            branch off before "simulate". What only makes the study longer (total duration, number
            of replicas) is left out: it adds jobs and changes none.
        state : str, optional
            Only this state's source; by default all.
        """
        full = self.model_dump(mode="json")
        states = full["states"] if state is None else {state: full["states"][state]}
        for source in states.values():
            for key in ("ligand", "integrin"):
                if source[key] is None:  # as before it existed, for the same reason as below
                    del source[key]
        chemistry = full["chemistry"]
        if self.chemistry.box == "dodecahedron":
            del chemistry["box"]
        if not self.chemistry.bulk_mgcl2:
            # Boxes without it are what they were before the key existed: studies that were
            # finished then keep their digests, and their results stay valid.
            del chemistry["bulk_mgcl2"]
        parts: dict[str, Any] = {
            "states": states,
            "chemistry": {k: chemistry[k] for k in ("force_field", "water", "ph")},
        }
        order = ["prepare", "solvate", "minimise", "equilibrate", "simulate", "sample", "exchange"]
        level = order.index("equilibrate" if step == "separate" else step)
        if level >= 1:
            boxed = ("ionic_strength", "bulk_mgcl2", "padding", "box", "ion_model")
            parts["chemistry"] |= {k: chemistry[k] for k in boxed if k in chemistry}
            parts["dynamics"] = {k: full["dynamics"][k] for k in ("hydrogen_mass", "cutoff")}
            parts["seed"] = full["seed"]
            if self.separation is not None and (state is None or state in self.bound_states):
                parts["room_for_separation"] = full["separation"]["distance"]
        if level >= 2:
            parts["minimisation"] = full["minimisation"]
        if level >= 3:
            parts["chemistry"] = chemistry
            parts["dynamics"] = {k: v for k, v in full["dynamics"].items() if k != RETRIES}
            parts["equilibration"] = full["equilibration"]
        if level >= 5:
            assert self.sampling is not None  # nothing is sampled without
            parts["sampling"] = self.sampling.settings()
        if step == "separate":
            assert self.separation is not None  # nothing is pulled without
            parts["separation"] = self.separation.settings()
        if level == 6:
            parts["sampling"]["exchange"] = full["sampling"]["exchange"]
        if level == 4:
            shaping = ("segment", "frame_interval", "energy_interval", "checkpoint_interval")
            parts["production"] = {key: full["production"][key] for key in shaping}
        return parts

    def digest(self, step: str, state: str | None = None) -> str:
        """SHA-256 of `settings`, as 16 hexadecimal digits."""
        return digest(self.settings(step, state))


def digest(settings: dict[str, Any]) -> str:
    """SHA-256 of settings, as 16 hexadecimal digits."""
    text = json.dumps(settings, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def split_system(system: str) -> tuple[str, str]:
    """Split the name of a system into its state and what its site holds: ``closed-mg_1264``."""
    state, _, member = system.rpartition("-")
    return state, member


def state_of(system: str) -> str:
    """Return the state of a system."""
    return split_system(system)[0]
