"""Steered separation of bound states: the pull, then force, work and ruptures."""


rule separate:
    input:
        unpack(reads("separate")),
        settings=SETTINGS,
    output:
        MADE("separate"),
    log:
        LOG("separate"),
    benchmark:
        BENCHMARK("separate")
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        gpu=GPUS,
        runtime=minutes("separate"),
        mem_mb=megabytes,
    params:
        digest=digest("separate"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        system=subpath(input[0], parent=True),
    shell:
        "lfa1 simulate --separate --config {params.config} "
        "--system-dir {params.system} --from {input.state} "
        "--replica {wildcards.replica} --segment {wildcards.segment} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"


rule gather_separation:
    input:
        unpack(reads("gather_separation")),
        settings=SETTINGS,
    output:
        MADE("gather_separation"),
    log:
        LOG("gather_separation"),
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=lambda wildcards: study.digest("separate"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        results=subpath(output[0], ancestor=3),
    shell:
        "lfa1 gather --separation --config {params.config} --results {params.results} "
        "--output-dir {params.folder} > {log} 2>&1"


rule separation:
    input:
        unpack(reads("separation")),
    output:
        MADE("separation"),
    log:
        LOG("separation"),
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        folder=subpath(output[0], parent=True),
        temperature=f"{study.chemistry.temperature:g} K",
    shell:
        "lfa1 separation --pulls {input} --temperature '{params.temperature}' "
        "--output-dir {params.folder} > {log} 2>&1"
