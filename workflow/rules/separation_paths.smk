"""The names of files of steered separation."""


def separation_start(wildcards):
    """The pull starts from the equilibrated replica, its later segments from the one before."""
    replica = f"{wildcards.system}/replica-{wildcards.replica}"
    k = int(wildcards.segment)
    if k == 0:
        return f"{RESULTS}/equilibrated/{replica}/state.xml.gz"
    return f"{RESULTS}/separation/{replica}/segment-{k - 1}.state.xml.gz"


def separation_pulls(*suffixes):
    """Every segment of every pull."""
    return [
        f"{RESULTS}/separation/{system}/replica-{replica}/segment-{k}.{suffix}"
        for system in study.pulled_systems
        for replica in range(study.separation.replicas)
        for k in range(study.separation.n_segments)
        for suffix in suffixes
    ]


def separation_outputs():
    """What the report shows of it; nothing where none was asked for."""
    return [] if study.separation is None else ["<results>/separation/separation.json"]
