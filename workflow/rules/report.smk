"""Figures and the page."""


rule figures:
    input:
        analysis_tables(),
        production_outputs("csv"),
        "results/comparison/effects.csv",
    output:
        directory("results/figures"),
    log:
        "results/logs/figures.log",
    conda:
        "../envs/study.yaml"
    params:
        temperature=study.chemistry.temperature,
    shell:
        "lfa1 figures --results results --output-dir {output} "
        "--temperature {params.temperature} > {log} 2>&1"


rule report:
    input:
        "results/comparison/summary.json",
        "results/figures",
        production_outputs("json"),
        expand("results/systems/{system}/manifest.json", system=study.systems),
        expand("results/prepared/{state}/site.json", state=study.states),
    output:
        "results/report.html",
    log:
        "results/logs/report.log",
    conda:
        "../envs/study.yaml"
    params:
        config=CONFIG,
        content=study.model_dump_json(),
    shell:
        "lfa1 report --results results --config {params.config} --output {output} > {log} 2>&1"
