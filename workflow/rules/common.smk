"""The checked configuration and the names of files that several topics share."""

import os
import shlex
import sys
from pathlib import Path

try:
    import yaml
    from lfa1_analysis.io import printing
    from lfa1_analysis.io.errors import ConfigError, StudyError
    from lfa1_analysis.io.sealed_record import sealed_text
    from lfa1_md.protein import catalogue, fetch, models
    from lfa1_md.study import continuity
    from lfa1_md.files import durable
    from lfa1_md.run import outputs as job_outputs
    from lfa1_md.machine import own_program, slurm
    from lfa1_md.machine import platform as compute_platform
    from lfa1_md.status.text import announce
    from lfa1_md.study.configfile import check, from_command_line, require_alike
except ModuleNotFoundError as error:
    raise WorkflowError(
        f"the Python that runs Snakemake lacks {error.name}, which this workflow needs\n"
        "  → run `make setup` in the workflow's repository and start Snakemake from its "
        "environment: `source .venv/bin/activate` (docs/install.md)"
    ) from None

# Snakemake's own lines, and what this file prints, in any encoding.
printing.replace_symbols()

# What asks the jobs to stop (Ctrl-C, a queue's signal) must not take the log away from them while
# they write their checkpoint, nor end the shell before them: Slurm kills what is left when it does.
# And a log that cannot be written must not fail a finished job.
PREFIX = (
    "set -euo pipefail; trap : HUP TERM USR1; logged() {{ (trap '' HUP INT TERM USR1 PIPE; "
    'tee --output-error=warn "$1" || true); }}; '
)
# An environment that Snakemake makes for the rules has the libraries alone.
if CONDA:
    programs = own_program.provide(Path(".snakemake/lfa1"))
    PREFIX += f'PATH={shlex.quote(str(programs))}:"$PATH"; '
shell.prefix(PREFIX)

CONFIG = f"{RESULTS}/config.yaml"

try:
    # Snakemake has read all this already, more leniently than `lfa1 config` would.
    if MAIN:
        for path, content in config_files():
            require_alike(path, content)
        update_config(config, from_command_line(sys.argv, config_values()))
    named = " + ".join(str(path) for path, _ in config_files())
    study = check(config, named or "command line")
    continuity.require(Path(CONFIG), study)
    if study.sampling is not None and study.sampling.exchange is not None:
        compute_platform.require_exchange()
    if study.sampling is not None and study.platform != "auto":
        compute_platform.require_bias(study.platform)
    for name, source in study.states.items():
        given = source.structure
        if given in models.NAMES or Path(given).is_file():
            continue
        if source.integrin is not None and fetch.is_entry(given):
            continue
        if not catalogue.is_identifier(given):
            raise ConfigError(
                f"states.{name}.structure: {given!r}: no such file below {Path.cwd()}",
                "give a coordinate file, an embedded model or an entry of `lfa1 structures list`",
            )
        catalogue.find(given)
except StudyError as error:
    raise WorkflowError(str(error)) from None

# On a cluster each job asks for one GPU unless the study is bound to CPUs. On one machine (which has
# no `--jobs`) one job at a time runs on each, unless `--resources gpu=N` says how many they take.
GPUS = 0 if study.platform == "CPU" else 1
limit_gpus(lambda: compute_platform.gpu_jobs(study.platform))


# A job of a queue may be asked for again after it ended; this process and its children remember.
if REMOTE:
    os.environ[job_outputs.VARIABLE] = "1"


wildcard_constraints:
    state="|".join(study.states),
    system="|".join(study.systems),
    replica=r"\d+",
    segment=r"\d+",
    window=r"\d+",
    round=r"\d+",
