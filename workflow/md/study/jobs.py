"""The one plan of a study: its jobs, with the files that each reads and makes.

The rules of Snakemake, `lfa1 status`, `lfa1 verify` and the forecasts ask it; a test compares it
with what Snakemake plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lfa1_md.study import embedded
from lfa1_md.study import umbrella_windows as windows
from lfa1_md.study.settings import StudyConfig, split_system, state_of
from lfa1_md.study.steps import INTERFACE_TABLES, STEPS
from lfa1_md.study.umbrella_windows import Place

ALL, INTEGRINS = "all", "integrins"
"""Targets: the report with all that it shows, and the tables of integrins alone."""
FREE_ENERGY = ("pmf", "pulls", "linkage")
"""Steps that umbrella sampling ends with."""
_CONCLUDING = {
    "compare": ("observe",),
    "gather": ("window", "csv", "json"),
    "pmf": ("gather",),
    "linkage": ("pmf",),
    "gather_pulls": ("pull", "csv", "json"),
    "pulls": ("gather_pulls",),
    "gather_separation": ("separate", "csv", "json", "xtc"),
    "separation": ("gather_separation",),
    "report": ("compare",),
}
"""Step → the step whose files it reads, and the endings of those."""


@dataclass(frozen=True)
class PlannedJob:
    """One job of a study.

    Attributes
    ----------
    step : str
        Key of `STEPS`, and name of its rule.
    wildcards : dict
        Which job of that rule it is.
    ns : float
        Simulated time (ns); 0 where none is simulated.
    plan : StudyPlan
    """

    step: str
    wildcards: dict[str, str | int]
    ns: float
    plan: StudyPlan = field(compare=False, repr=False)

    @property
    def label(self) -> str:
        """Tell the jobs of a rule apart."""
        words = {"system": "", "state": "", "entry": "", "replica": "replica "}
        named = (f"{words.get(key, f'{key} ')}{value}" for key, value in self.wildcards.items())
        return " ".join(named)

    @property
    def outputs(self) -> list[Path]:
        """Return the files that it makes."""
        return [Path(path) for path in self.plan.outputs(self.step, **self.wildcards)]

    @property
    def inputs(self) -> dict[str, list[Path]]:
        """Return the files that it reads, by their names in the rule."""
        found = self.plan.inputs(self.step, **self.wildcards)
        return {name: [Path(path) for path in paths] for name, paths in found.items()}

    @property
    def marker(self) -> Path:
        """Return the file that is written last."""
        return self.outputs[-1]

    @property
    def log(self) -> Path:
        """Return the file that holds what the job prints."""
        return Path(self.plan.log(self.step).format(**self.wildcards))

    @property
    def working(self) -> Path | None:
        """Return the folder of a simulation while it runs."""
        return self.marker.with_suffix(".running") if self.ns else None


def _files(jobs: Sequence[PlannedJob], *endings: str) -> list[str]:
    paths = [str(path) for job in jobs for path in job.outputs]
    return [path for path in paths if not endings or path.endswith(endings)]


class StudyPlan:
    """The jobs of a study.

    Parameters
    ----------
    study : StudyConfig
    results : path
    windows_after : callable, optional
        Of a round of adaptation, returns the umbrella windows that there are after it. By default
        those that are known by now; Snakemake has the round done first.
    """

    def __init__(
        self,
        study: StudyConfig,
        results: str | Path,
        windows_after: Callable[[int], Sequence[Place]] | None = None,
    ) -> None:
        self.study, self.results = study, Path(results)
        self._after = windows_after

    def windows_after(self, number: int) -> Sequence[Place]:
        """Return the umbrella windows after a round of adaptation; round 0 adds none."""
        sampling = self.study.sampling
        assert sampling is not None  # nothing is adapted without
        if number and self._after is not None:
            return self._after(number)
        return windows.latest(sampling, self.results, number)

    def place(self, number: int) -> Place:
        """Return an umbrella window, for which its own round of adaptation is waited for."""
        sampling = self.study.sampling
        assert sampling is not None  # there is no window without
        rounds = range(sampling.adapt.rounds + 1)
        after = (self.windows_after(each) for each in rounds)
        return next(places[number] for places in after if number < len(places))

    def outputs(self, step: str, **wildcards: str | int) -> list[str]:
        """Return the files that jobs of a step make; without `wildcards` with these in braces."""
        patterns = list(STEPS[step].outputs)
        if step == "observe" and wildcards and self.bound(str(wildcards["system"])):
            patterns = [*INTERFACE_TABLES, *patterns]
        paths = [f"{self.results}/{each}" for each in patterns]
        return [path.format(**wildcards) for path in paths] if wildcards else paths

    def log(self, step: str, suffix: str = "log") -> str:
        """Return where jobs of a step write what they print, with wildcards in braces."""
        return f"{self.results}/logs/{STEPS[step].log}.{suffix}"

    def bound(self, system: str) -> bool:
        """Say whether a system holds ICAM-1."""
        return state_of(system) in self.study.bound_states

    def observed_ion(self, system: str) -> str:
        """Return what the αI MIDAS of a system holds."""
        state, member = split_system(system)
        integrin = self.study.states[state].integrin
        if integrin is None or integrin.titrate == "alpha_i_midas":
            return member.partition("_")[0]
        metal, _ = integrin.sites.wanted("alpha_i_midas")
        return "apo" if metal == "none" else metal

    # What jobs read.

    def inputs(self, step: str, **wildcards: str | int) -> dict[str, list[str]]:
        """Return the files that a job reads, by their names in the rule."""
        if step in _CONCLUDING:
            return {"tables": self._concluded(step)}
        system = str(wildcards.get("system", ""))
        if step == "fetch_structure":
            return {}
        if step == "prepare":
            return {"structure": self._structure(str(wildcards["state"]))}
        if step == "solvate":
            return {"prepared": self.outputs("prepare", **wildcards)}
        if step == "build":
            return {"box": self.outputs("solvate", state=state_of(system))}
        if step == "adapt":
            pilot = self._windows(self.windows_after(int(wildcards["round"]) - 1), 1)
            return {"pilot": _files(pilot, "csv", "json")}
        built = self.outputs("build", system=system)
        if step == "minimise":
            return {"system": built[:1], "topology": built[1:2]}
        if step in ("observe", "integrin"):
            trajectory = self.trajectory(system, wildcards["replica"])
            return {"topology": built[2:3], "trajectory": trajectory}
        if step == "equilibrate":
            return {"system": built[:1], "state": self.outputs("minimise", system=system)}
        plan: list[str] = []
        if step == "exchange":
            begins, plan = self._exchange_start(**wildcards), self._exchange_plan()
        else:
            begins = [self._segment_start(step, **wildcards)]
        if step == "window" and (place := self.place(int(wildcards["window"]))).round:
            plan = [str(windows.plan_file(self.results, place.round))]
        return {"system": built[:1], "state": begins, "plan": plan}

    def _concluded(self, step: str) -> list[str]:
        """Return what a step reads that gathers or concludes."""
        if step == "gather":
            return self.made_by("window", "exchange", endings=("csv", "json"))
        if step == "linkage":
            return self.results_of("pmf")
        if step == "report":
            return [
                *self.made_by("observe"),
                *self.made_by("simulate", endings=("csv", "json", "xtc")),
                *self.outputs("compare")[1:],
                *self.made_by("build", endings=("trajectory.pdb", "json")),
                *self.results_of("prepare"),
                *self.results_of(*FREE_ENERGY, "separation"),
            ]
        before, *endings = _CONCLUDING[step]
        return self.made_by(before, endings=endings)

    def trajectory(self, system: str, replica: str | int) -> list[str]:
        """Return the trajectories of a replica's production, in order."""
        count = self.study.production.n_segments
        return [
            self.outputs("simulate", system=system, replica=replica, segment=k)[0]
            for k in range(count)
        ]

    def made_by(self, *steps: str, endings: Sequence[str] = ()) -> list[str]:
        """Return what all jobs of some steps make; with `endings`, the files that have one."""
        return _files(self.of(*steps), *endings)

    def results_of(self, *steps: str) -> list[str]:
        """Return the file of each job of some steps that is written last."""
        return [str(job.marker) for job in self.of(*steps)]

    def _structure(self, state: str) -> list[str]:
        """Return the fetched entry or the own file of a state; an embedded model is no input."""
        name = self.study.states[state].structure
        if name in embedded.NAMES:
            return []
        entry = self._entry(name)
        return self.outputs("fetch_structure", entry=entry) if entry else [name]

    def _entry(self, name: str) -> str:
        """Return the entry that is fetched for a structure; "" for a model or one's own file."""
        # Snakemake was run in the folder of the results, or somewhere else with --directory.
        own = any((home / name).is_file() for home in (self.results.resolve().parent, Path()))
        return "" if own or name in embedded.NAMES or not embedded.is_entry(name) else name.upper()

    def _segment_start(self, step: str, **wildcards: str | int) -> str:
        """Return the state that a segment of a chain begins from: the end of the one before."""
        number = int(wildcards["segment"])
        if number > 0:
            return self.outputs(step, **wildcards | {"segment": number - 1})[2]
        replica = {key: wildcards[key] for key in ("system", "replica")}
        if step != "window":
            return self.outputs("equilibrate", **replica)[0]
        sampling = self.study.sampling
        assert sampling is not None  # there is no window without
        order = sampling.order(state_of(str(wildcards["system"])))
        reached = order.index(self.place(int(wildcards["window"])).start)
        return self.outputs("pull", **replica, segment=reached)[2]

    def _exchange_start(self, **wildcards: str | int) -> list[str]:
        """Return where exchange begins: where the windows' own segments ended, or the last one."""
        number = int(wildcards["segment"])
        if number > 1:
            return [self.outputs("exchange", **wildcards | {"segment": number - 1})[1]]
        replica = {key: wildcards[key] for key in ("system", "replica")}
        return [
            self.outputs("window", **replica, window=place.window, segment=0)[2]
            for place in self.windows_after(self.rounds)
        ]

    def _exchange_plan(self) -> list[str]:
        """Return the table of the round that added the last window, if a round added one."""
        last = len(self.windows_after(self.rounds))
        # A later round that added nothing must not have done work done again.
        rounds = range(self.rounds + 1)
        first = next(each for each in rounds if len(self.windows_after(each)) == last)
        return [str(windows.plan_file(self.results, first))] if first else []

    # Which jobs there are.

    @property
    def rounds(self) -> int:
        """Return how many rounds of adaptation there may be."""
        return self.study.sampling.adapt.rounds if self.study.sampling is not None else 0

    def jobs(self, target: str = ALL) -> list[PlannedJob]:
        """Return all jobs that a target needs, in an order in which they can be done.

        Windows that a later round of adaptation may add are not among them.
        """
        left_out = {"observe", "compare", "report"} if target == INTEGRINS else set[str]()
        return self.of(*(step for step in STEPS if step not in left_out))

    def of(self, *steps: str) -> list[PlannedJob]:
        """Return all jobs of some steps."""
        return [job for step in steps for job in self._of(step)]

    def _of(self, step: str) -> list[PlannedJob]:
        study, sampling = self.study, self.study.sampling
        if step == "fetch_structure":
            entries = [self._entry(source.structure) for source in study.states.values()]
            return [self._job(step, entry=entry) for entry in dict.fromkeys(filter(None, entries))]
        if step in ("prepare", "solvate"):
            return [self._job(step, state=state) for state in study.states]
        if step in ("build", "minimise"):
            return [self._job(step, system=system) for system in study.systems]
        if step == "equilibrate":
            ns = sum(stage.duration for stage in study.equilibration) / 1000
            counts = {system: study.equilibrated(system) for system in study.systems}
            return list(self._replicas(step, counts, ns))
        counts = dict.fromkeys(study.systems, study.replicas)
        if step == "simulate":
            lengths = study.production
            return list(self._chains(step, counts, lengths.n_segments, lengths.segment))
        if step == "observe":
            return list(self._replicas(step, counts))
        if step == "integrin":
            whole = [each for each in counts if study.states[state_of(each)].integrin]
            return list(self._replicas(step, dict.fromkeys(whole, study.replicas)))
        if step in ("compare", "report"):
            return [self._job(step)]
        if step in ("separate", "gather_separation", "separation"):
            if (asked := study.separation) is None:
                return []
            counts = dict.fromkeys(study.pulled_systems, asked.replicas)
            chains = self._chains("separate", counts, asked.n_segments, asked.segment)
            return list(chains) if step == "separate" else [self._job(step)]
        if sampling is None:
            return []
        counts = dict.fromkeys(study.systems, sampling.replicas)
        if step == "pull":
            length = sampling.pull.per_window
            return list(self._chains(step, counts, sampling.windows, length))
        if step == "window":
            return self._windows(self.windows_after(self.rounds), self._own_segments)
        if step == "exchange":
            if sampling.exchange is None:
                return []
            length = sampling.window.segment * len(windows.latest(sampling, self.results))
            count = sampling.window.n_segments
            return list(self._chains(step, counts, count, length, first=1))
        if step == "adapt":
            return [self._job(step, round=number) for number in range(1, self.rounds + 1)]
        if step == "linkage" and not {"mg", "apo"} <= set(study.members):
            return []  # the dose–response needs a system with Mg²⁺ and one without
        return [self._job(step)]

    @property
    def _own_segments(self) -> int:
        """How many segments each window runs by itself."""
        sampling = self.study.sampling
        assert sampling is not None  # there is no window without
        return sampling.window.n_segments if sampling.exchange is None else 1

    def _windows(self, places: Sequence[Place], segments: int) -> list[PlannedJob]:
        """Return the windows' own segments."""
        sampling = self.study.sampling
        assert sampling is not None  # there is no window without
        ns = sampling.window.segment / 1000
        return [
            self._job("window", ns, system=s, replica=n, window=place.window, segment=k)
            for s in self.study.systems
            for n in range(sampling.replicas)
            for place in places
            for k in range(segments)
        ]

    def _replicas(self, step: str, counts: dict[str, int], ns: float = 0.0) -> Iterator[PlannedJob]:
        for system, count in counts.items():
            for n in range(count):
                yield self._job(step, ns, system=system, replica=n)

    def _chains(
        self, step: str, counts: dict[str, int], segments: int, length: float, first: int = 0
    ) -> Iterator[PlannedJob]:
        for system, count in counts.items():
            for n in range(count):
                for k in range(first, segments):
                    yield self._job(step, length / 1000, system=system, replica=n, segment=k)

    def _job(self, step: str, ns: float = 0.0, **wildcards: str | int) -> PlannedJob:
        return PlannedJob(step, wildcards, ns, self)
