"""Umbrella sampling of opening: pull from both ends, windows, free energy."""


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
        runtime=minutes("pull"),
        mem_mb=megabytes,
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
        runtime=minutes("window"),
        mem_mb=megabytes,
    params:
        digest=digest("sample"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 simulate --window {wildcards.window} --config {params.config} "
        "--system-dir results/systems/{wildcards.system} --from {input.state} "
        "--replica {wildcards.replica} --segment {wildcards.segment} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"
