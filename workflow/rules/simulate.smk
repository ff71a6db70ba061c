"""Minimise each system, equilibrate each replica, then chain its production segments."""


rule minimise:
    input:
        unpack(reads("minimise")),
        settings=SETTINGS,
    output:
        MADE("minimise"),
    log:
        LOG("minimise"),
    benchmark:
        BENCHMARK("minimise")
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
        unpack(reads("equilibrate")),
        settings=SETTINGS,
    output:
        MADE("equilibrate"),
    log:
        LOG("equilibrate"),
    benchmark:
        BENCHMARK("equilibrate")
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
        unpack(reads("simulate")),
        settings=SETTINGS,
    output:
        MADE("simulate"),
    log:
        LOG("simulate"),
    benchmark:
        BENCHMARK("simulate")
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
