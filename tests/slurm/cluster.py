"""A Slurm cluster of its own on loopback: munged, slurmctld and two slurmd, without systemd.

Keys, sockets, logs and state lie in one folder; nothing of an installed cluster is touched.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
NODES = ("node1", "node2")
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"

CONF = """
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobs.txt
SlurmdParameters=config_overrides
# A node that is set down gives its job back to the queue, as after a crash of its machine.
JobRequeue=1
ReturnToService=0
MinJobAge=7200
KillWait=30
OverTimeLimit=0
GresTypes=gpu
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """Name the programs that are not installed."""
    path = f"{os.environ['PATH']}:{SBIN}"
    return [name for name in PROGRAMS if shutil.which(name, path=path) is None]


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


class Cluster:
    """Use as ``with Cluster(folder) as cluster``.

    Parameters
    ----------
    folder : Path
        Empty; a short path, since it holds a socket.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}:{SBIN}",
        }
        self._daemons: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Cluster:
        try:
            self._configure()
            self._start("munged", "--foreground", "--force", *self._munge())
            self._until(lambda: (self.folder / "munge.socket").is_socket(), "munged")
            self._start("slurmctld", "-D")
            for node in NODES:
                self._start("slurmd", "-D", "-N", node)
            self._until(lambda: set(self.states().values()) == {"IDLE"}, "the nodes")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._daemons:
            subprocess.run(["scancel", "--signal=KILL", "--state=running"], env=self.environment)
            time.sleep(1)
        for daemon in reversed(self._daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def ask(self, *command: str) -> str:
        """Run one of Slurm's commands and return what it prints."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout

    def states(self) -> dict[str, str]:
        """Tell each node's state."""
        try:
            text = self.ask("scontrol", "--oneliner", "show", "nodes")
        except subprocess.SubprocessError:  # the controller is not up yet
            return {}
        return dict(re.findall(r"NodeName=(\S+).*?State=(\S+)", text))

    def jobs(self) -> list[dict[str, str]]:
        """Describe the jobs of the last minutes, each as ``scontrol show job`` does."""
        text = self.ask("scontrol", "--oneliner", "--details", "show", "jobs")
        return [
            dict(re.findall(r"(\S+?)=(.*?)(?=\s+[A-Za-z:/_]+=|\s*$)", line))
            for line in text.splitlines()
            if line.startswith("JobId=")
        ]

    def _configure(self) -> None:
        (self.folder / "state").mkdir()
        (self.folder / "munge.key").write_bytes(secrets.token_bytes(128))
        (self.folder / "munge.key").chmod(0o400)
        # Snakemake starts srun inside a job without Slurm's variables, SLURM_CONF among them.
        srun = self.folder / "bin/srun"
        srun.parent.mkdir()
        srun.write_text(
            f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {shutil.which("srun")} "$@"\n'
        )
        srun.chmod(0o755)
        host = socket.gethostname().split(".")[0]
        controller, *ports = _free_ports(1 + len(NODES))
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
            "CPUs=2 RealMemory=8000 State=UNKNOWN"
            for node, port in zip(NODES, ports, strict=True)
        )
        (self.folder / "slurm.conf").write_text(
            CONF.format(host=host, controller=controller, folder=self.folder, nodes=nodes)
        )

    def _munge(self) -> list[str]:
        return [
            f"--{option}={self.folder / name}"
            for option, name in {
                "key-file": "munge.key",
                "socket": "munge.socket",
                "pid-file": "munged.pid",
                "log-file": "munged.log",
                "seed-file": "munged.seed",
            }.items()
        ]

    def _start(self, *command: str) -> None:
        # However this process ends, its daemons end with it.
        command = ("setpriv", "--pdeathsig", "TERM", *command)
        with (self.folder / f"daemon-{len(self._daemons)}.out").open("wb") as out:
            self._daemons.append(
                subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)
            )

    def _until(self, ready, what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline or any(d.poll() is not None for d in self._daemons):
                said = [p.read_text()[-1500:] for p in self.folder.glob("*.[lo][ou][gt]")]
                raise RuntimeError(f"{what} did not come up:\n" + "\n".join(said))
            time.sleep(0.3)
