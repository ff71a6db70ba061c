"""Observables of each replica, then statistics across replicas."""


rule observe:
    input:
        topology="<results>/systems/{system}/trajectory.pdb",
        trajectory=trajectory,
    output:
        expand(
            "<results>/analysis/{{system}}/replica-{{replica}}/{table}",
            table=ANALYSIS_TABLES,
        ),
    log:
        "<results>/logs/analyse/{system}-replica-{replica}.log",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=analysis_minutes,
        mem_mb=megabytes,
    params:
        state=lambda wildcards: state_of(wildcards.system).split("_")[0],
        ion=lambda wildcards: site_ion(wildcards.system),
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 observe --topology {input.topology} --trajectory {input.trajectory} "
        "--state {params.state} --ion {params.ion} --output-dir {params.folder} > {log} 2>&1"


if bound_systems():

    ruleorder: observe_bound > observe

    use rule observe as observe_bound with:
        output:
            expand(
                "<results>/analysis/{{system}}/replica-{{replica}}/{table}",
                table=ANALYSIS_TABLES + INTERFACE_TABLES,
            ),
        wildcard_constraints:
            system="|".join(bound_systems()),


rule integrin:
    """Of an integrin without αL this is all that can be told: the other tables are about αL."""
    input:
        topology="<results>/systems/{system}/trajectory.pdb",
        trajectory=trajectory,
    output:
        multiext(
            "<results>/analysis/{system}/replica-{replica}/integrin",
            ".json",
            "-sites.csv",
            "-domains.csv",
            "-chains.csv",
        ),
        table="<results>/analysis/{system}/replica-{replica}/integrin.csv",
    log:
        "<results>/logs/analyse/{system}-replica-{replica}-integrin.log",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=analysis_minutes,
        mem_mb=megabytes,
    shell:
        "lfa1 integrin --topology {input.topology} --trajectory {input.trajectory} "
        "--output {output.table} > {log} 2>&1"


rule compare:
    input:
        analysis_tables(),
    output:
        "<results>/comparison/replicas.csv",
        report(
            "<results>/comparison/effects.csv",
            caption="../report/captions/effects.rst",
            category="Comparison",
        ),
        "<results>/comparison/summary.json",
    log:
        "<results>/logs/compare.log",
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
