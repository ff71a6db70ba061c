"""Whether runs have passed between the states of the crystals, there and back, often enough.

An average over runs that never left the state they began in says nothing of how the states are
shared at equilibrium: a difference of zero is then seen whatever the ion does. What can be said is
how long a run was watched without a passage, and so how slow the passage must be.

Passages are counted with core sets (Buchete & Hummer 2008, doi:10.1021/jp0761665): a run is in the
state whose crystals it resembled last, so that the noise between two states is no passage. From
the passages in each direction and the time spent in each state follow both rates, and from these
the share of each state at equilibrium, which does not remember where the runs were begun.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from lfa1_analysis.comparison.relevance import Observable
from lfa1_analysis.comparison.study_tables import StudyTables
from lfa1_analysis.observables.contacts import BROKEN, FORMED
from lfa1_analysis.statistics.hysteresis import Flags, hysteresis, persistence, settled
from lfa1_analysis.statistics.inference import CONFIDENCE

OPEN_SHIFT_ANGSTROM = 7.6
"""α7 shift of the open crystal 3HI6, which scales the shift where a table has no fraction."""
WATCHED = -math.log(1 - CONFIDENCE)
"""Mean passages at which none at all is seen in one case of twenty: 3.0, the rule of three."""
RELEVANT_SHARE = 0.3
"""Difference of the share of time in a state that would matter: that of the opening fraction, which
is 0 in closed and 1 in open crystals."""


@dataclass(frozen=True)
class Process:
    """A motion between two states that an average over runs takes for granted.

    Attributes
    ----------
    name : str
    low, high : str
        The states in words: where the domain is when the motion has not happened, and when it has.
    limits : dict
        Column → limits of the low and of the high state; a state holds where all columns say so.
    table : str
        Where it is seen.
    """

    name: str
    low: str
    high: str
    limits: dict[str, tuple[float, float]] = field(hash=False)
    table: str = "opening"


LEAVES = Process("leaves_closed", "closed", "not closed", {"opening_fraction": (1 / 6, 1 / 3)})
REACHES = Process("reaches_open", "not open", "open", {"opening_fraction": (2 / 3, 5 / 6)})
"""Limits of the opening fraction: a third and two thirds of the way between neighbouring crystal
states, which lie at 0 (closed), 0.5 (intermediate) and 1 (open)."""
MIDAS = Process(
    "midas_opens",
    "MIDAS closed",
    "MIDAS open",
    {"ser139og_thr206og1_angstrom": (3.67, 3.10), "glu241cd_ser139og_angstrom": (12.0, 10.5)},
)
"""Å: the closed crystal nearest to the open ones, and the reverse (``data/crystals.csv``)."""
_SHELL = {"glu34_midas_angstrom": (2.8, 3.5)}
SHELL = Process(
    "glu34_leaves_shell", "Glu34 in the first shell", "Glu34 beyond it", _SHELL, "interface"
)
"""Å: 2.23 Å in 1MQ8 and 0.6 Å, the size that matters, beyond it; the next oxygens of crystals begin
at 3.5 Å."""
_AWAY = {"glu34_midas_angstrom": (FORMED, BROKEN)}
LIGAND = Process("glu34_leaves_midas", "Glu34 at the MIDAS", "Glu34 away", _AWAY, "interface")
"""Its loss is that of `lfa1 interface`."""
PROCESSES = (LEAVES, REACHES, MIDAS, SHELL, LIGAND)


def behind(observable: Observable) -> tuple[Process, ...]:
    """Return the motions that must have been sampled before an observable is declared equal.

    Every observable with a size that matters has some: the sizes are shares of what lies between
    crystal states. α7 may drag all others of its table along; the MIDAS also opens by itself.
    """
    if observable.table == SHELL.table:
        return (SHELL, LIGAND)
    return (LEAVES, REACHES, MIDAS) if observable.name in MIDAS.limits else (LEAVES, REACHES)


@dataclass(frozen=True)
class Passages:
    """The passages of one motion in all runs of one system.

    Attributes
    ----------
    runs : int
        Runs in which the state is known; others do not count.
    there, back : int
        Passages low → high and high → low.
    low_ns, high_ns : float
        Time in each state (ns).

    Examples
    --------
    >>> from lfa1_analysis.comparison.transitions import Passages
    >>> seen = Passages(runs=8, there=0, back=0, low_ns=4000.0, high_ns=0.0)
    >>> round(seen.shortest_ns), seen.share
    (1335, (0.0, 1.0))
    """

    runs: int
    there: int
    back: int
    low_ns: float
    high_ns: float

    @property
    def number(self) -> int:
        """Passages in either direction."""
        return self.there + self.back

    @property
    def watched_ns(self) -> float:
        """Time of all runs together (ns)."""
        return self.low_ns + self.high_ns

    @property
    def shortest_ns(self) -> float:
        """Shortest mean time before a passage that no passage in this time allows (95 %, ns)."""
        return self.watched_ns / WATCHED

    @property
    def share(self) -> tuple[float, float]:
        """95 % interval of the share of the high state at equilibrium, from both rates.

        Leaving is a Poisson process in each state. Given that n passages were seen, those that go
        there are binomial, with odds of (rate there × time low) ÷ (rate back × time high); exact
        limits after Clopper and Pearson. Never less than all is possible where one direction was
        not seen.
        """
        tail = (1 - CONFIDENCE) / 2
        low = float(stats.beta.ppf(tail, self.there, self.back + 1)) if self.there else 0.0
        high = float(stats.beta.isf(tail, self.there + 1, self.back)) if self.back else 1.0
        return _share(low, self.low_ns, self.high_ns), _share(high, self.low_ns, self.high_ns)

    @property
    def best_share(self) -> float:
        """Most likely share of the high state at equilibrium; of the time where none passed."""
        if not self.number:
            return self.high_ns / self.watched_ns if self.watched_ns else math.nan
        return _share(self.there / self.number, self.low_ns, self.high_ns)


@dataclass(frozen=True)
class Watched:
    """One motion in both systems that are compared."""

    process: Process
    first: Passages
    second: Passages

    @property
    def known(self) -> bool:
        """Whether a state was recognised in each system."""
        return self.first.runs > 0 and self.second.runs > 0

    @property
    def still(self) -> bool:
        """Whether no run of either system passed."""
        return self.first.number == 0 and self.second.number == 0

    @property
    def sampled(self) -> bool:
        """Whether the shares at equilibrium are known to differ by less than what matters.

        The interval of the difference is put together from those of the two shares (Newcombe
        1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I).
        """
        if not (self.known and min(self.first.number, self.second.number) > 0):
            return False
        one, two = self.first.best_share, self.second.best_share
        (low1, high1), (low2, high2) = self.first.share, self.second.share
        middle = one - two
        low = middle - math.hypot(one - low1, high2 - two)
        high = middle + math.hypot(high1 - one, two - low2)
        return low > -RELEVANT_SHARE and high < RELEVANT_SHARE


def watched(
    study: StudyTables,
    observable: Observable,
    first: Iterable[tuple[str, int]],
    second: Iterable[tuple[str, int]],
) -> list[Watched]:
    """Count the passages behind an observable in the runs that are compared.

    Parameters
    ----------
    first, second : iterable of (str, int)
        System and replica of the runs on either side.
    """
    one, two = list(first), list(second)
    return [
        Watched(process, passages(study, process, one), passages(study, process, two))
        for process in behind(observable)
    ]


def passages(study: StudyTables, process: Process, runs: Sequence[tuple[str, int]]) -> Passages:
    """Count the passages of one motion in some runs, and the time in either state.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.comparison.study_tables import load
    >>> from lfa1_analysis.comparison.transitions import LEAVES, passages
    >>> seen = passages(load(examples.tables()), LEAVES, [("closed-mg", 0), ("closed-mg", 1)])
    >>> seen.runs, seen.number, f"{seen.watched_ns * 1000:.0f} ps"
    (2, 0, '6 ps')
    """
    counted, there, back, low, high = 0, 0, 0, 0.0, 0.0
    for system, replica in runs:
        table = study.tables.get((system, replica), {}).get(process.table)
        span = study.span_ns(system, replica)
        on = None if table is None else states(table, process)
        if on is None or not math.isfinite(span):
            continue
        change = np.diff(on.astype(int))
        counted += 1
        there += int((change > 0).sum())
        back += int((change < 0).sum())
        high += span * float(on.mean())
        low += span * float((~on).mean())
    return Passages(counted, there, back, low, high)


def states(table: pd.DataFrame, process: Process) -> Flags | None:
    """Tell for every frame whether it is in the high state; None where nothing tells.

    Before a run has resembled a crystal of either state it is counted to the first that it does.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `lfa1 opening` or `lfa1 interface`; columns that it lacks are not asked.
    """
    if "opening_fraction" not in table and "alpha7_shift_angstrom" in table:
        way = table["alpha7_shift_angstrom"] / OPEN_SHIFT_ANGSTROM
        table = table.assign(opening_fraction=way)
    ends: list[tuple[Flags, Flags]] = []
    for name, (lower, upper) in process.limits.items():
        if name in table:
            sign = math.copysign(1, upper - lower)
            values = sign * table[name].to_numpy(dtype=float)
            ends.append((values <= sign * lower, values >= sign * upper))
    if not ends:
        return None
    low, high = (np.logical_and.reduce(each) for each in zip(*ends, strict=True))
    along_alpha7 = process in (LEAVES, REACHES)
    if along_alpha7 and "pocket_occupant" in table:
        # The ratchet pocket must be filled as in that state, too.
        occupant = table["pocket_occupant"].to_numpy()
        low &= occupant == "closed" if process is LEAVES else occupant != "open"
        high &= occupant != "closed" if process is LEAVES else occupant == "open"
    if not (low | high).any():
        return None
    first = int(np.argmax(low | high))
    high[: first + 1] = high[first]
    on = hysteresis(high, low)
    # Distances of single atoms cross and come back within picoseconds; α7 does not.
    return on if along_alpha7 else settled(on, persistence(table["time_ns"].to_numpy(dtype=float)))


def _share(odds: float, low_ns: float, high_ns: float) -> float:
    """From the binomial share of passages there to the share of the high state at equilibrium."""
    there, back = odds * high_ns, (1 - odds) * low_ns
    if there + back > 0:
        return there / (there + back)
    return odds
