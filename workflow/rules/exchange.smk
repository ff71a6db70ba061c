"""With `sampling.exchange`: all windows of a replica in one job, from their second segment on."""


rule exchange:
    input:
        "<results>/systems/{system}/system.xml.gz",
        exchange_start,
        plan=exchange_plan,
        settings=SETTINGS,
    output:
        multiext(
            "<results>/sampling/{system}/replica-{replica}/exchange/segment-{segment}",
            ".csv",
            ".states.json.gz",
            ".json",
        ),
        directory(
            "<results>/sampling/{system}/replica-{replica}/exchange/segment-{segment}.walkers"
        ),
    log:
        "<results>/logs/exchange/{system}-replica-{replica}-segment-{segment}.log",
    benchmark:
        "<results>/logs/exchange/{system}-replica-{replica}-segment-{segment}.tsv"
    conda:
        "../envs/study.yaml"
    threads: 1
    resources:
        gpu=GPUS,
        runtime=minutes("exchange"),
        mem_mb=megabytes,
    params:
        digest=digest("exchange"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        home=subpath(output[0], ancestor=2),
        plan=lambda wildcards, input: f"--plan {input.plan}" if input.plan else "",
        system=subpath(input[0], parent=True),
    shell:
        "lfa1 exchange {params.plan} --config {params.config} "
        "--system-dir {params.system} --start-dir {params.home} "
        "--replica {wildcards.replica} --segment {wildcards.segment} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"
