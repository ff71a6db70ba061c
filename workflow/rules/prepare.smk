"""From a structure to matched systems: fetch, prepare, solvate."""


rule fetch_structure:
    output:
        "results/structures/{entry}.cif",
    log:
        "results/logs/fetch/{entry}.log",
    localrule: True
    retries: 2
    shell:
        "lfa1 structures fetch {wildcards.entry} --output {output} 2>&1 | tee {log}"


rule prepare:
    input:
        lambda wildcards: structure_file(wildcards.state),
    output:
        "results/prepared/{state}/protein.cif",
        "results/prepared/{state}/site.json",
    params:
        digest=digest("prepare"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
    log:
        "results/logs/prepare/{state}.log",
    benchmark:
        "results/logs/prepare/{state}.tsv"
    threads: 2
    shell:
        "lfa1 prepare --config {params.config} --state {wildcards.state} --structure {input:q} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | tee {log}"


rule solvate:
    """Both members of the matched pair are built by one job: what one gets, the other gets."""
    input:
        "results/prepared/{state}/protein.cif",
        "results/prepared/{state}/site.json",
    output:
        expand(
            "results/systems/{{state}}-{ion}/{file}",
            ion=study.ions,
            file=[
                "system.xml.gz",
                "topology.cif",
                "initial.cif",
                "trajectory.pdb",
                "manifest.json",
            ],
        ),
    params:
        digest=digest("solvate"),
        config=CONFIG,
        prepared=subpath(input[0], parent=True),
    log:
        "results/logs/solvate/{state}.log",
    benchmark:
        "results/logs/solvate/{state}.tsv"
    shell:
        "lfa1 solvate --config {params.config} --state {wildcards.state} "
        "--prepared {params.prepared} --output-dir results/systems 2>&1 | tee {log}"
