"""Umbrella sampling of opening: pull from both ends, windows, free energy."""


def pull_start(wildcards):
    """The pull starts from the equilibrated replica and goes on window by window."""
    replica = f"{wildcards.system}/replica-{wildcards.replica}"
    k = int(wildcards.segment)
    if k == 0:
        return f"results/equilibrated/{replica}/state.xml.gz"
    return f"results/sampling/{replica}/pull/segment-{k - 1}.state.xml.gz"


def window_start(wildcards):
    """A window starts where the pull reached it; its later segments from the one before."""
    replica = f"results/sampling/{wildcards.system}/replica-{wildcards.replica}"
    k, window = int(wildcards.segment), int(wildcards.window)
    if k == 0:
        reached = study.sampling.order(state_of(wildcards.system)).index(window)
        return f"{replica}/pull/segment-{reached}.state.xml.gz"
    return f"{replica}/window-{window}/segment-{k - 1}.state.xml.gz"


def window_outputs(*suffixes):
    return [
        f"results/sampling/{system}/replica-{replica}/window-{window}/segment-{k}.{suffix}"
        for system in study.systems
        for replica in range(study.sampling.replicas)
        for window in range(study.sampling.windows)
        for k in range(study.sampling.window.n_segments)
        for suffix in suffixes
    ]


rule pull:
    input:
        "results/systems/{system}/system.xml.gz",
        state=pull_start,
    output:
        multiext(
            "results/sampling/{system}/replica-{replica}/pull/segment-{segment}",
            ".xtc",
            ".csv",
            ".state.xml.gz",
            ".json",
        ),
    log:
        "results/logs/pull/{system}-replica-{replica}-segment-{segment}.log",
    benchmark:
        "results/logs/pull/{system}-replica-{replica}-segment-{segment}.tsv"
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        gpu=GPUS,
    params:
        digest=digest("sample"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 simulate --pull --config {params.config} "
        "--system-dir results/systems/{wildcards.system} --from {input.state} "
        "--replica {wildcards.replica} --segment {wildcards.segment} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"


rule window:
    input:
        "results/systems/{system}/system.xml.gz",
        state=window_start,
    output:
        multiext(
            "results/sampling/{system}/replica-{replica}/window-{window}/segment-{segment}",
            ".xtc",
            ".csv",
            ".state.xml.gz",
            ".json",
        ),
    log:
        "results/logs/window/{system}-replica-{replica}-window-{window}-segment-{segment}.log",
    benchmark:
        "results/logs/window/{system}-replica-{replica}-window-{window}-segment-{segment}.tsv"
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        gpu=GPUS,
    params:
        digest=digest("sample"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 simulate --window {wildcards.window} --config {params.config} "
        "--system-dir results/systems/{wildcards.system} --from {input.state} "
        "--replica {wildcards.replica} --segment {wildcards.segment} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"


rule gather:
    input:
        window_outputs("csv", "json"),
    output:
        "results/free_energy/windows/windows.csv",
    log:
        "results/logs/gather.log",
    conda:
        "../envs/study.yaml"
    params:
        digest=lambda wildcards: study.digest("sample"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 gather --config {params.config} --output-dir {params.folder} > {log} 2>&1"
