"""From a structure to matched systems: fetch, prepare, solvate, build."""


rule fetch_structure:
    output:
        "<results>/structures/{entry}.cif",
    log:
        "<results>/logs/fetch/{entry}.log",
    retries: 2
    localrule: True
    conda:
        "../envs/study.yaml"
    params:
        any=lambda wildcards: (
            "" if wildcards.entry.upper() in catalogue.load() else "--any"
        ),
    shell:
        "lfa1 structures fetch {wildcards.entry} {params.any} --output {output} "
        "2>&1 | logged {log}"


rule prepare:
    input:
        structure_file,
        settings=SETTINGS,
    output:
        "<results>/prepared/{state}/protein.cif",
        "<results>/prepared/{state}/site.json",
    log:
        "<results>/logs/prepare/{state}.log",
    benchmark:
        "<results>/logs/prepare/{state}.tsv"
    conda:
        "../envs/study.yaml"
    threads: 2
    resources:
        gpu=GPUS,
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=digest("prepare"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        fetched=fetched_structure,
        model=embedded_model,
    shell:
        "lfa1 prepare --config {params.config} --state {wildcards.state} {params.fetched} "
        "--output-dir {params.folder} --threads {threads} 2>&1 | logged {log}"


rule solvate:
    input:
        "<results>/prepared/{state}/protein.cif",
        "<results>/prepared/{state}/site.json",
        settings=SETTINGS,
    output:
        "<results>/solvated/{state}/box.cif",
        "<results>/solvated/{state}/box.json",
    log:
        "<results>/logs/solvate/{state}.log",
    benchmark:
        "<results>/logs/solvate/{state}.tsv"
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=digest("solvate"),
        config=CONFIG,
        prepared=subpath(input[0], parent=True),
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 solvate --config {params.config} --state {wildcards.state} "
        "--prepared {params.prepared} --output-dir {params.folder} 2>&1 | logged {log}"


rule build:
    """The systems of a state are made from the same box: what one gets, the others get."""
    input:
        lambda w: multiext(
            f"{RESULTS}/solvated/{state_of(w.system)}/box", ".cif", ".json"
        ),
        settings=SETTINGS,
    output:
        "<results>/systems/{system}/system.xml.gz",
        "<results>/systems/{system}/topology.cif",
        "<results>/systems/{system}/trajectory.pdb",
        "<results>/systems/{system}/manifest.json",
    log:
        "<results>/logs/build/{system}.log",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=digest("solvate"),
        config=CONFIG,
        solvated=subpath(input[0], parent=True),
        folder=subpath(output[0], parent=True),
    shell:
        "lfa1 build --config {params.config} --system {wildcards.system} "
        "--solvated {params.solvated} --output-dir {params.folder} 2>&1 | logged {log}"
