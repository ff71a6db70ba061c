"""Observables of each replica, then statistics across replicas."""


rule observe:
    input:
        topology="results/systems/{system}/trajectory.pdb",
        trajectory=trajectory,
    output:
        table="results/analysis/{system}/replica-{replica}/{observable}.csv",
        record="results/analysis/{system}/replica-{replica}/{observable}.json",
    log:
        "results/logs/analyse/{system}-replica-{replica}-{observable}.log",
    wildcard_constraints:
        observable="opening",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=analysis_minutes,
        mem_mb=megabytes,
    shell:
        "lfa1 {wildcards.observable} --topology {input.topology} --trajectory {input.trajectory} "
        "--output {output.table} > {log} 2>&1"


rule midas:
    input:
        topology="results/systems/{system}/trajectory.pdb",
        trajectory=trajectory,
    output:
        table="results/analysis/{system}/replica-{replica}/midas.csv",
        record="results/analysis/{system}/replica-{replica}/midas.json",
        events="results/analysis/{system}/replica-{replica}/midas-events.csv",
    log:
        "results/logs/analyse/{system}-replica-{replica}-midas.log",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=analysis_minutes,
        mem_mb=megabytes,
    params:
        state=lambda wildcards: state_of(wildcards.system).split("_")[0],
        ion=lambda wildcards: wildcards.system.rsplit("-", 1)[1].split("_")[0],
    shell:
        "lfa1 midas --topology {input.topology} --trajectory {input.trajectory} "
        "--state {params.state} --ion {params.ion} "
        "--output {output.table} --events-output {output.events} > {log} 2>&1"


rule flexibility:
    input:
        topology="results/systems/{system}/trajectory.pdb",
        trajectory=trajectory,
    output:
        table="results/analysis/{system}/replica-{replica}/flexibility.csv",
        record="results/analysis/{system}/replica-{replica}/flexibility.json",
        rmsf="results/analysis/{system}/replica-{replica}/rmsf.csv",
    log:
        "results/logs/analyse/{system}-replica-{replica}-flexibility.log",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=analysis_minutes,
        mem_mb=megabytes,
    shell:
        "lfa1 flexibility --topology {input.topology} --trajectory {input.trajectory} "
        "--output {output.table} --rmsf-output {output.rmsf} > {log} 2>&1"


rule compare:
    input:
        analysis_tables(),
    output:
        "results/comparison/replicas.csv",
        report(
            "results/comparison/effects.csv",
            caption="../report/effects.rst",
            category="Comparison",
        ),
        "results/comparison/summary.json",
    log:
        "results/logs/compare.log",
    conda:
        "../envs/study.yaml"
    params:
        discard=f"{study.analysis.discard:g} ps",
        folder=subpath(output[0], parent=True),
        systems=study.systems,
        replicas=study.replicas,
    shell:
        "lfa1 compare --analysis results/analysis --systems {params.systems} "
        "--replicas {params.replicas} --discard '{params.discard}' "
        "--output-dir {params.folder} > {log} 2>&1"
