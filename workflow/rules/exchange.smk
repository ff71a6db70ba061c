"""With `sampling.exchange`: all windows of a replica in one job, from their second segment on."""


rule exchange:
    input:
        unpack(reads("exchange")),
        settings=SETTINGS,
    output:
        *(MADE("exchange")[k] for k in (0, 1, 3)),
        directory(MADE("exchange")[2]),
    log:
        LOG("exchange"),
    benchmark:
        BENCHMARK("exchange")
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
        plan=listed_windows,
        system=subpath(input[0], parent=True),
    shell:
        "lfa1 exchange {params.plan} --config {params.config} "
        "--system-dir {params.system} --start-dir {params.home} "
        "--replica {wildcards.replica} --segment {wildcards.segment} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"
