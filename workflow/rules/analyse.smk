"""Observables of each replica, then statistics across replicas."""


def trajectory(wildcards):
    return segments(wildcards.system, wildcards.replica, "xtc")


rule observe:
    input:
        topology="results/systems/{system}/trajectory.pdb",
        trajectory=trajectory,
    output:
        "results/analysis/{system}/replica-{replica}/{observable}.csv",
    wildcard_constraints:
        observable="opening|midas",
    log:
        "results/logs/analyse/{system}-replica-{replica}-{observable}.log",
    shell:
        "lfa1 {wildcards.observable} --topology {input.topology} --trajectory {input.trajectory} "
        "--output {output} > {log} 2>&1"


rule flexibility:
    input:
        topology="results/systems/{system}/trajectory.pdb",
        trajectory=trajectory,
    output:
        table="results/analysis/{system}/replica-{replica}/flexibility.csv",
        rmsf="results/analysis/{system}/replica-{replica}/rmsf.csv",
    log:
        "results/logs/analyse/{system}-replica-{replica}-flexibility.log",
    shell:
        "lfa1 flexibility --topology {input.topology} --trajectory {input.trajectory} "
        "--output {output.table} --rmsf-output {output.rmsf} > {log} 2>&1"


rule compare:
    input:
        analysis_tables(),
    output:
        "results/comparison/replicas.csv",
        "results/comparison/effects.csv",
        "results/comparison/summary.json",
    params:
        discard=f"{study.analysis.discard:g} ps",
        folder=subpath(output[0], parent=True),
    log:
        "results/logs/compare.log",
    shell:
        "lfa1 compare --analysis results/analysis --discard '{params.discard}' "
        "--output-dir {params.folder} > {log} 2>&1"
