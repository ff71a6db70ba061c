"""Runs that are killed, stopped or refused by the disk go on as if nothing had happened."""

import re

from forking import PHASES


HALVED = ("write", "frame", "row")


def points(short):
    """Every kind of call that writes, in order; those that write bytes also in their middle."""
    for op, name, phase in short.points():
        where = {"op": f"^{op}$", "path": re.escape(name) + "$", "phase": f"^{phase}$"}
        yield where
        if op in HALVED:
            yield where | {"when": "half"}


def one_message(log):
    """Whether a run said what is wrong and what to do, once, without a traceback."""
    return "Traceback" not in log and log.count("lfa1 simulate: ") == 1 and log.count("→") == 1


def test_the_points_cover_every_phase(short):
    missing = set(PHASES) - {phase for _, _, phase in short.trace}
    assert missing == {"taking up", "stepping"}  # those write nothing when nothing went wrong
    assert len(short.points()) > 25


def test_killed_at_every_point_that_writes(short):
    """One job after the other; each goes on where the last kill left it."""
    output, kills = short.output(), 0
    for where in points(short):
        ended = short.fail(output, "SIGKILL", **where)
        if ended.status == 0:  # checkpoints took the job beyond the point: it begins anew
            short.finish(output)
            output = short.output()
            ended = short.fail(output, "SIGKILL", **where)
        assert ended.status == -9, (where, ended.log)
        kills += 1
    short.finish(output)
    assert kills == len(list(points(short)))
