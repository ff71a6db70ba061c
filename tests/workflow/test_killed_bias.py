"""A pull and a window of the real I domain, killed: a sample of `make test-kill`.

And two ways to go on with another bias than the run was begun with: asked for, which is refused,
and by mistake, which the comparison of bytes must notice.
"""

import shutil
import signal

import pytest
import yaml
from biased import SAMPLE, biased
from faults import BIAS
from forking import Forks
from segments import differences

pytestmark = pytest.mark.slow  # its runs alone are minutes; `make test-kill` has more of them

KILLS = {
    "pull": [
        # Right after it was restored, the centre for the next steps being in no checkpoint yet, and
        # in the middle of the delivery.
        {"op": "^bias$", "when": "after"},
        {"op": "^replace$", "phase": "writing a checkpoint", "when": "before"},
        {"op": "^replace$", "phase": "delivery", "when": "after"},
    ],
    "window": [{"op": "^row$", "when": "half"}],
}


class Killed:
    """Segments of the domain: undisturbed, and killed while the bias is set.

    The bias is set when a block of steps begins and at each row: begin, row, begin, row.
    """

    def __init__(self, forks, study, folder):
        self.forks, self.folder, results = forks, folder, study / "results"
        self.content = yaml.safe_load((study / "study.yaml").read_text())
        start = results / "equilibrated/closed-mg/replica-0/state.xml.gz"
        home = results / "systems/closed-mg"
        self.segments = biased(forks, self.content, SAMPLE, home, start, folder)
        for kind in self.segments:
            assert self.run(kind, self.reference(kind)).status == 0
            ended = self.fail(kind, self._halfway(kind), "SIGKILL", op="^bias$", nth=4, when="half")
            assert (ended.status, ended.phase) == (-signal.SIGKILL, BIAS), ended.log

    def reference(self, kind):
        return self.folder / f"{kind}-undisturbed"

    def _halfway(self, kind):
        return self.folder / f"{kind}-killed"

    def halfway(self, kind, output):
        """Copy what the kill left."""
        shutil.copytree(self._halfway(kind), output)
        return output

    def run(self, kind, output, **request):
        segment = self.segments[kind]
        request["system"] = str(segment.system)
        return self.forks.run(segment.command(output), self.folder / "log", **request)

    def fail(self, kind, output, do, **fault):
        return self.run(kind, output, fault={"do": do, **fault})


@pytest.fixture(scope="module")
def killed(study, tmp_path_factory):
    with Forks() as forks:
        yield Killed(forks, study, tmp_path_factory.mktemp("biased"))


@pytest.mark.parametrize("kind", KILLS)
def test_a_killed_biased_run_ends_with_the_same_bytes(killed, tmp_path, kind):
    output = killed.halfway(kind, tmp_path / "out")
    for fault in KILLS[kind]:
        ended = killed.fail(kind, output, "SIGKILL", **fault)
        assert ended.status == -signal.SIGKILL, (fault, ended.log)
        assert "goes on at step" in ended.log
    ended = killed.run(kind, output)
    assert ended.status == 0, ended.log
    assert differences(output, killed.reference(kind)) == []


def test_a_bias_that_is_not_restored_shows_in_the_trajectory(killed, tmp_path):
    """Only until the next row, and with the right centre in the table."""
    output = killed.halfway("pull", tmp_path / "out")
    ended = killed.fail("pull", output, "lie", op="^bias$", when="half")
    assert ended.status == 0, ended.log
    assert "differs: segment-1.xtc" in differences(output, killed.reference("pull"))


def written(output):
    """Everything but the lock, which names the process that held it last."""
    files = [path for path in output.rglob("*") if path.is_file() and path.name != "lock"]
    return {path: path.read_bytes() for path in files}


@pytest.mark.parametrize(
    ("change", "told"),
    [({"force_constant": "900 kJ/mol"}, "force_constant: "), ({"last": 1.1}, "last: 1.0 → 1.1")],
)
def test_another_bias_is_refused(killed, tmp_path, change, told):
    output = killed.halfway("pull", tmp_path / "out")
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(killed.content | {"sampling": SAMPLE | change}))
    command = killed.segments["pull"].command(output)
    command[command.index("--config") + 1] = str(config)
    before = written(output)
    ended = killed.forks.run(command, tmp_path / "log")
    assert ended.status == 2
    assert "was begun with other settings: sampling." in ended.log and told in ended.log
    assert written(output) == before


def test_another_window_is_refused(killed, tmp_path):
    output = killed.halfway("window", tmp_path / "out")
    command = killed.segments["window"].command(output)
    command[command.index("--window") + 1] = "2"
    ended = killed.forks.run(command, tmp_path / "log")
    assert ended.status == 2
    assert "holds closed-mg replica 0 window 1 segment 0" in ended.log
