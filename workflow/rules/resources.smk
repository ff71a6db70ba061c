"""What a cluster is asked for: minutes and memory. On one machine nobody asks, and nothing changes.

Speeds and limits are the machine's: `default-resources` of its profile gives `ns_per_day`,
`cpu_ns_per_day`, `longest` and, of a first attempt, `runtime` (minutes) and `mem_mb`.
"""

from lfa1_md.study import requests

MACHINE = default_resources()
NS_PER_DAY = requests.speed(MACHINE, gpu=GPUS > 0)
LONGEST = MACHINE.get("longest", 1440)


def minutes(step):
    """Wall-clock time of a job that simulates."""

    def of(wildcards, attempt):
        return requests.minutes(
            requests.work(study, step), NS_PER_DAY, attempt, LONGEST
        )

    return of


def analysis_minutes(wildcards, attempt):
    return requests.analysis_minutes(study, attempt, LONGEST)


def short_minutes(wildcards, attempt):
    """Wall-clock time of a job whose length does not follow from the study's."""
    given = MACHINE.get("runtime", requests.SHORT)
    return requests.short_minutes(given, attempt, LONGEST)


def megabytes(wildcards, attempt):
    return requests.megabytes(attempt, MACHINE.get("mem_mb", requests.MEGABYTES))
