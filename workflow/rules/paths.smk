"""The names of files that rules hand to each other."""


def segments(system, replica, suffix):
    """One replica's production files, in order."""
    return [
        f"{RESULTS}/production/{system}/replica-{replica}/segment-{k}.{suffix}"
        for k in range(study.production.n_segments)
    ]


def trajectory(wildcards):
    """One replica's trajectory, in order."""
    return segments(wildcards.system, wildcards.replica, "xtc")


def segment_start(wildcards):
    """A segment starts from the one before it; the first one from the equilibrated replica."""
    replica = f"{wildcards.system}/replica-{wildcards.replica}"
    k = int(wildcards.segment)
    if k == 0:
        return f"{RESULTS}/equilibrated/{replica}/state.xml.gz"
    return f"{RESULTS}/production/{replica}/segment-{k - 1}.state.xml.gz"


def production_outputs(suffix):
    return [
        path
        for system in study.systems
        for replica in range(study.replicas)
        for path in segments(system, replica, suffix)
    ]


def integrin_tables():
    """Big motions and metal sites, of the systems that are whole integrins or parts of them."""
    return expand(
        "<results>/analysis/{system}/replica-{replica}/{table}",
        system=[s for s in study.systems if study.states[state_of(s)].integrin],
        replica=range(study.replicas),
        table=INTEGRIN_TABLES,
    )


def analysis_tables():
    return expand(
        "<results>/analysis/{system}/replica-{replica}/{table}",
        system=study.systems,
        replica=range(study.replicas),
        table=ANALYSIS_TABLES,
    ) + expand(
        "<results>/analysis/{system}/replica-{replica}/{table}",
        system=bound_systems(),
        replica=range(study.replicas),
        table=INTERFACE_TABLES,
    )
