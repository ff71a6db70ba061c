"""Minimise each system, equilibrate each replica, then chain its production segments."""


rule minimise:
    input:
        "<results>/systems/{system}/system.xml.gz",
        "<results>/systems/{system}/topology.cif",
        settings=SETTINGS,
    output:
        "<results>/systems/{system}/minimised.state.xml.gz",
    log:
        "<results>/logs/minimise/{system}.log",
    benchmark:
        "<results>/logs/minimise/{system}.tsv"
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        gpu=GPUS,
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=digest("minimise"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 minimise --config {params.config} --system-dir {params.folder} --output {output} "
        "--threads {threads} 2>&1 | logged {log}"


rule equilibrate:
    input:
        "<results>/systems/{system}/system.xml.gz",
        state="<results>/systems/{system}/minimised.state.xml.gz",
        settings=SETTINGS,
    output:
        "<results>/equilibrated/{system}/replica-{replica}/state.xml.gz",
        "<results>/equilibrated/{system}/replica-{replica}/equilibration.csv",
        "<results>/equilibrated/{system}/replica-{replica}/equilibration.json",
    log:
        "<results>/logs/equilibrate/{system}-replica-{replica}.log",
    benchmark:
        "<results>/logs/equilibrate/{system}-replica-{replica}.tsv"
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        gpu=GPUS,
        runtime=minutes("equilibrate"),
        mem_mb=megabytes,
    params:
        digest=digest("equilibrate"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        system=subpath(input[0], parent=True),
    shell:
        "lfa1 equilibrate --config {params.config} "
        "--system-dir {params.system} --state {input.state} "
        "--replica {wildcards.replica} --output-dir {params.folder} "
        "--threads {threads} 2>&1 | logged {log}"


rule simulate:
    input:
        "<results>/systems/{system}/system.xml.gz",
        state=segment_start,
        settings=SETTINGS,
    output:
        multiext(
            "<results>/production/{system}/replica-{replica}/segment-{segment}",
            ".xtc",
            ".csv",
            ".state.xml.gz",
            ".json",
        ),
    log:
        "<results>/logs/simulate/{system}-replica-{replica}-segment-{segment}.log",
    benchmark:
        "<results>/logs/simulate/{system}-replica-{replica}-segment-{segment}.tsv"
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        gpu=GPUS,
        runtime=minutes("simulate"),
        mem_mb=megabytes,
    params:
        digest=digest("simulate"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        system=subpath(input[0], parent=True),
    shell:
        "lfa1 simulate --config {params.config} "
        "--system-dir {params.system} --from {input.state} "
        "--replica {wildcards.replica} --segment {wildcards.segment} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"
