"""Observables of each replica, then statistics across replicas."""


rule observe:
    input:
        unpack(reads("observe")),
    output:
        MADE("observe"),
    log:
        LOG("observe"),
    conda:
        "../envs/study.yaml"
    resources:
        runtime=analysis_minutes,
        mem_mb=megabytes,
    params:
        state=lambda wildcards: state_of(wildcards.system).split("_")[0],
        ion=lambda wildcards: PLAN.observed_ion(wildcards.system),
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 observe --topology {input.topology} --trajectory {input.trajectory} "
        "--state {params.state} --ion {params.ion} --output-dir {params.folder} > {log} 2>&1"


if BOUND:

    ruleorder: observe_bound > observe

    use rule observe as observe_bound with:
        output:
            [f"{RESULTS}/{table}" for table in INTERFACE_TABLES],
            MADE("observe"),
        wildcard_constraints:
            system="|".join(BOUND),


rule integrin:
    """Of an integrin without αL this is all that can be told: the other tables are about αL."""
    input:
        unpack(reads("integrin")),
    output:
        MADE("integrin"),
    log:
        LOG("integrin"),
    conda:
        "../envs/study.yaml"
    resources:
        runtime=analysis_minutes,
        mem_mb=megabytes,
    params:
        table=lambda wildcards, output: output[0],
    shell:
        "lfa1 integrin --topology {input.topology} --trajectory {input.trajectory} "
        "--output {params.table} > {log} 2>&1"


rule compare:
    input:
        unpack(reads("compare")),
    output:
        MADE("compare")[0],
        report(
            MADE("compare")[1],
            caption="../report/captions/effects.rst",
            category="Comparison",
        ),
        MADE("compare")[2],
    log:
        LOG("compare"),
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        discard=f"{study.analysis.discard:g} ps",
        folder=subpath(output[0], parent=True),
        systems=study.systems,
        replicas=study.replicas,
        analysis=subpath(input[0], ancestor=3),
    shell:
        "lfa1 compare --analysis {params.analysis} --systems {params.systems} "
        "--replicas {params.replicas} --discard '{params.discard}' "
        "--output-dir {params.folder} > {log} 2>&1"
