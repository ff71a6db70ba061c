"""Umbrella sampling of opening: pull from both ends, windows, free energy."""


rule pull:
    input:
        "<results>/systems/{system}/system.xml.gz",
        state=pull_start,
        settings=SETTINGS,
    output:
        multiext(
            "<results>/sampling/{system}/replica-{replica}/pull/segment-{segment}",
            ".xtc",
            ".csv",
            ".state.xml.gz",
            ".json",
        ),
    log:
        "<results>/logs/pull/{system}-replica-{replica}-segment-{segment}.log",
    benchmark:
        "<results>/logs/pull/{system}-replica-{replica}-segment-{segment}.tsv"
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        gpu=GPUS,
        runtime=minutes("pull"),
        mem_mb=megabytes,
    params:
        digest=digest("sample"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        system=subpath(input[0], parent=True),
    shell:
        "lfa1 simulate --pull --config {params.config} "
        "--system-dir {params.system} --from {input.state} "
        "--replica {wildcards.replica} --segment {wildcards.segment} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"


rule window:
    input:
        "<results>/systems/{system}/system.xml.gz",
        state=window_start,
        plan=window_plan,
        settings=SETTINGS,
    output:
        multiext(
            "<results>/sampling/{system}/replica-{replica}/window-{window}/segment-{segment}",
            ".xtc",
            ".csv",
            ".state.xml.gz",
            ".json",
        ),
    log:
        "<results>/logs/window/{system}-replica-{replica}-window-{window}-segment-{segment}.log",
    benchmark:
        "<results>/logs/window/{system}-replica-{replica}-window-{window}-segment-{segment}.tsv"
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        gpu=GPUS,
        runtime=minutes("window"),
        mem_mb=megabytes,
    params:
        digest=digest("sample"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        plan=lambda wildcards, input: f"--plan {input.plan}" if input.plan else "",
        system=subpath(input[0], parent=True),
    shell:
        "lfa1 simulate --window {wildcards.window} {params.plan} --config {params.config} "
        "--system-dir {params.system} --from {input.state} "
        "--replica {wildcards.replica} --segment {wildcards.segment} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"


# The pilot is the first segment of every window: nothing of it is thrown away. A round that is done
# stays as it was decided, whatever `adapt` says later: its windows have been run.
checkpoint adapt:
    input:
        pilot,
        settings=SETTINGS,
    output:
        "<results>/sampling/round-{round}/plan.csv",
        "<results>/sampling/round-{round}/proposed.csv",
    log:
        "<results>/logs/adapt/round-{round}.log",
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=lambda wildcards: study.digest("sample"),
        config=CONFIG,
        results=subpath(output[0], ancestor=3),
    shell:
        "lfa1 adapt --config {params.config} --results {params.results} "
        "--round {wildcards.round} > {log} 2>&1"
