"""What a cluster is asked for: minutes and memory. On one machine nobody asks, and nothing changes.

Speeds and limits are the machine's: `default-resources` of its profile gives `ns_per_day` and
`longest` (minutes).
"""

from lfa1_md.study import requests

SPEED = {"gpu": 200, "cpu": 1}


def of_machine(name, default):
    """A number that the profile gives."""
    given = workflow.resource_settings.default_resources or {}
    return float(given[name].value) if name in given else default


NS_PER_DAY = of_machine("ns_per_day", SPEED["gpu" if GPUS else "cpu"])
LONGEST = of_machine("longest", 1440)


def minutes(step):
    """Wall-clock time of a job that simulates."""

    def of(wildcards, attempt):
        return requests.minutes(
            requests.work(study, step), NS_PER_DAY, attempt, LONGEST
        )

    return of


def analysis_minutes(wildcards, attempt):
    return requests.analysis_minutes(study, attempt, LONGEST)


def megabytes(wildcards, attempt):
    return requests.megabytes(attempt)
