"""Figures and the page."""


rule report:
    input:
        analysis_tables(),
        production_outputs("csv"),
        production_outputs("json"),
        production_outputs("xtc"),
        "<results>/comparison/effects.csv",
        "<results>/comparison/summary.json",
        expand(
            "<results>/systems/{system}/{file}",
            system=study.systems,
            file=["manifest.json", "trajectory.pdb"],
        ),
        expand("<results>/prepared/{state}/site.json", state=study.states),
        free_energy_outputs(),
        separation_outputs(),
        settings=SETTINGS,
    output:
        page=report(
            "<results>/report.html",
            caption="../report/captions/study.rst",
            category="Study",
        ),
        figures=report(
            directory("<results>/figures"),
            patterns=["{figure}.svg"],
            caption="../report/captions/figure.rst",
            category="Figures",
        ),
    log:
        "<results>/logs/report.log",
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
