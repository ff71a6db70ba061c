"""Steered separation of bound states: the pull, then force, work and ruptures."""


rule separate:
    input:
        "<results>/systems/{system}/system.xml.gz",
        state=separation_start,
        settings=SETTINGS,
    output:
        multiext(
            "<results>/separation/{system}/replica-{replica}/segment-{segment}",
            ".xtc",
            ".csv",
            ".state.xml.gz",
            ".json",
        ),
    log:
        "<results>/logs/separate/{system}-replica-{replica}-segment-{segment}.log",
    benchmark:
        "<results>/logs/separate/{system}-replica-{replica}-segment-{segment}.tsv"
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
        separation_pulls("csv", "json", "xtc"),
        settings=SETTINGS,
    output:
        "<results>/separation/gathered/pulls.csv",
    log:
        "<results>/logs/gather-separation.log",
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
        "<results>/separation/gathered/pulls.csv",
    output:
        multiext(
            "<results>/separation/",
            "force_extension.csv",
            "ruptures.csv",
            "separation.json",
        ),
    log:
        "<results>/logs/separation.log",
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
