"""Umbrella sampling of opening: pull from both ends, windows, free energy."""


rule pull:
    input:
        unpack(reads("pull")),
        settings=SETTINGS,
    output:
        MADE("pull"),
    log:
        LOG("pull"),
    benchmark:
        BENCHMARK("pull")
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
        unpack(reads("window")),
        settings=SETTINGS,
    output:
        MADE("window"),
    log:
        LOG("window"),
    benchmark:
        BENCHMARK("window")
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
        plan=listed_windows,
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
        unpack(reads("adapt")),
        settings=SETTINGS,
    output:
        MADE("adapt"),
    log:
        LOG("adapt"),
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
