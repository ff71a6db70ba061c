"""The names of files of umbrella sampling, and which windows there are."""

from lfa1_md.study import umbrella_windows as windows


def pull_start(wildcards):
    """The pull starts from the equilibrated replica and goes on window by window."""
    replica = f"{wildcards.system}/replica-{wildcards.replica}"
    k = int(wildcards.segment)
    if k == 0:
        return f"{RESULTS}/equilibrated/{replica}/state.xml.gz"
    return f"{RESULTS}/sampling/{replica}/pull/segment-{k - 1}.state.xml.gz"


def windows_after(number):
    """The windows after a round of adaptation, which is waited for; round 0 is the configuration's."""
    if number:
        checkpoints.adapt.get(round=number)
    return windows.after_round(study.sampling, Path(RESULTS), number)


def added_in(number):
    """The round that added a window; later rounds wait for that window's pilot."""
    rounds = range(1, study.sampling.adapt.rounds + 1)
    return next(r for r in rounds if number < len(windows_after(r)))


def window_plan(wildcards):
    """The table that lists an added window: that of the round which added it."""
    number = int(wildcards.window)
    if number < study.sampling.windows:
        return []
    return str(windows.plan_file(Path(RESULTS), added_in(number)))


def window_start(wildcards):
    """A window starts where the pull reached it; its later segments from the one before."""
    replica = f"{RESULTS}/sampling/{wildcards.system}/replica-{wildcards.replica}"
    k, number = int(wildcards.segment), int(wildcards.window)
    if k > 0:
        return f"{replica}/window-{number}/segment-{k - 1}.state.xml.gz"
    at = number
    if number >= study.sampling.windows:
        at = windows_after(added_in(number))[number].start
    reached = study.sampling.order(state_of(wildcards.system)).index(at)
    return f"{replica}/pull/segment-{reached}.state.xml.gz"


def window_outputs(round_, segments, *suffixes):
    """What all windows after a round of adaptation write."""
    return [
        f"{RESULTS}/sampling/{system}/replica-{replica}/window-{place.window}/segment-{k}.{suffix}"
        for system in study.systems
        for replica in range(study.sampling.replicas)
        for place in windows_after(round_)
        for k in range(segments)
        for suffix in suffixes
    ]


def pilot(wildcards):
    """The first segment of every window after the round before."""
    return window_outputs(int(wildcards.round) - 1, 1, "csv", "json")


def exchange_plan(wildcards):
    """The windows that exchange: those after the last round."""
    last = len(windows_after(study.sampling.adapt.rounds))
    # A later round that added nothing must not have done work done again.
    rounds = range(study.sampling.adapt.rounds + 1)
    first = next(r for r in rounds if len(windows_after(r)) == last)
    return str(windows.plan_file(Path(RESULTS), first)) if first else []


def exchange_start(wildcards):
    """Exchange begins where the windows' own segments ended, and goes on from the one before."""
    from lfa1_md.biased import exchange_files

    home = Path(f"{RESULTS}/sampling/{wildcards.system}/replica-{wildcards.replica}")
    k, places = int(wildcards.segment), []
    if k == 1:
        places = windows_after(study.sampling.adapt.rounds)
    return [str(home / name) for name in exchange_files.sources(k, places)]


def exchanged():
    """What exchanging windows write; nothing where each runs by itself."""
    sampling = study.sampling
    if sampling.exchange is None:
        return []
    return expand(
        "<results>/sampling/{system}/replica-{replica}/exchange/segment-{segment}.{suffix}",
        system=study.systems,
        replica=range(sampling.replicas),
        segment=range(1, sampling.window.n_segments),
        suffix=["csv", "json"],
    )


def pull_outputs(*suffixes):
    """Every segment of every pull."""
    return [
        f"{RESULTS}/sampling/{system}/replica-{replica}/pull/segment-{k}.{suffix}"
        for system in study.systems
        for replica in range(study.sampling.replicas)
        for k in range(len(study.sampling.order(state_of(system))))
        for suffix in suffixes
    ]


def all_windows(wildcards):
    """Every segment that windows run by themselves, once the last round is done."""
    sampling = study.sampling
    own = sampling.window.n_segments if sampling.exchange is None else 1
    return window_outputs(sampling.adapt.rounds, own, "csv", "json")


def free_energy_outputs():
    """Of umbrella sampling; the dose–response needs a system with Mg²⁺ and one without."""
    if study.sampling is None:
        return []
    made = [
        "<results>/free_energy/free_energy.json",
        "<results>/free_energy/pulls.json",
    ]
    if {"mg", "apo"} <= set(study.members):
        made.append("<results>/free_energy/linkage.json")
    return made
