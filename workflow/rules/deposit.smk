"""The finished study as a folder to hand in: `snakemake --cores 1 deposit`."""


# Which frames, authors and licence are choices: `lfa1 deposit --help`.
rule deposit:
    input:
        PLAN.results_of("report"),
        PLAN.made_by("observe"),
        PLAN.made_by("simulate", endings=["xtc"]),
        PLAN.results_of(*FREE_ENERGY, "separation"),
        settings=SETTINGS,
    output:
        directory("<results>-deposit"),
    log:
        "<results>/logs/deposit.log",
    localrule: True
    conda:
        "../envs/study.yaml"
    params:
        results=subpath(input[0], parent=True),
    shell:
        "lfa1 deposit {params.results} --output-dir {output} 2>&1 | logged {log}"
