"""From a structure to matched systems: fetch, prepare, solvate, build."""


rule fetch_structure:
    output:
        MADE("fetch_structure"),
    log:
        LOG("fetch_structure"),
    retries: 2
    localrule: True
    conda:
        "../envs/study.yaml"
    params:
        any=lambda wildcards: (
            "" if wildcards.entry.upper() in catalogue.load() else "--any"
        ),
    shell:
        "lfa1 structures fetch {wildcards.entry} {params.any} --output {output} "
        "2>&1 | logged {log}"


rule prepare:
    input:
        unpack(reads("prepare")),
        settings=SETTINGS,
    output:
        MADE("prepare"),
    log:
        LOG("prepare"),
    benchmark:
        BENCHMARK("prepare")
    conda:
        "../envs/study.yaml"
    threads: 2
    resources:
        gpu=GPUS,
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=digest("prepare"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        fetched=fetched_structure,
        model=embedded_model,
    shell:
        "lfa1 prepare --config {params.config} --state {wildcards.state} {params.fetched} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"


rule solvate:
    input:
        unpack(reads("solvate")),
        settings=SETTINGS,
    output:
        MADE("solvate"),
    log:
        LOG("solvate"),
    benchmark:
        BENCHMARK("solvate")
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=digest("solvate"),
        config=CONFIG,
        prepared=subpath(input[0], parent=True),
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 solvate --config {params.config} --state {wildcards.state} "
        "--prepared {params.prepared} --output-dir {params.folder} 2>&1 | logged {log}"


rule build:
    """The systems of a state are made from the same box: what one gets, the others get."""
    input:
        unpack(reads("build")),
        settings=SETTINGS,
    output:
        MADE("build"),
    log:
        LOG("build"),
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=digest("solvate"),
        config=CONFIG,
        solvated=subpath(input[0], parent=True),
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 build --config {params.config} --system {wildcards.system} "
        "--solvated {params.solvated} --output-dir {params.folder} 2>&1 | logged {log}"
