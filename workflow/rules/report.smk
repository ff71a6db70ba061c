"""Figures and the page."""


rule report:
    input:
        unpack(reads("report")),
        settings=SETTINGS,
    output:
        figures=report(
            directory(MADE("report")[0]),
            patterns=["{figure}.svg"],
            caption="../report/captions/figure.rst",
            category="Figures",
        ),
        page=report(
            MADE("report")[1],
            caption="../report/captions/study.rst",
            category="Study",
        ),
    log:
        LOG("report"),
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        config=CONFIG,
        content=study.model_dump_json(),
        results=subpath(output.page, parent=True),
    shell:
        "lfa1 report --results {params.results} --config {params.config} --output {output.page} > {log} 2>&1"
