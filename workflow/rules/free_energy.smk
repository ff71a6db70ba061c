"""From pulls and windows to work, the free energy of opening and the dose–response."""


rule gather:
    input:
        all_windows,
        exchanged(),
        settings=SETTINGS,
    output:
        "<results>/free_energy/windows/windows.csv",
    log:
        "<results>/logs/gather.log",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=lambda wildcards: study.digest("sample"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        results=subpath(output[0], ancestor=3),
    shell:
        "lfa1 gather --config {params.config} --results {params.results} "
        "--output-dir {params.folder} > {log} 2>&1"


# Where it is not converged there is no number, only the reasons: that is a result, not a failure.
rule pmf:
    input:
        "<results>/free_energy/windows/windows.csv",
    output:
        multiext(
            "<results>/free_energy/",
            "pmf.csv",
            "windows_report.csv",
            "overlap.csv",
            "convergence.csv",
            "free_energy.json",
        ),
    log:
        "<results>/logs/pmf.log",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        folder=subpath(output[0], parent=True),
        closed=study.sampling.closed_below,
        opened=study.sampling.open_above,
        temperature=f"{study.chemistry.temperature:g} K",
    shell:
        "lfa1 pmf --windows {input} --closed=:{params.closed} --open={params.opened}: "
        "--temperature '{params.temperature}' "
        "--output-dir {params.folder} > {log} 2>&1"


rule linkage:
    input:
        "<results>/free_energy/free_energy.json",
    output:
        table="<results>/free_energy/linkage.csv",
        record="<results>/free_energy/linkage.json",
    log:
        "<results>/logs/linkage.log",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        temperature=f"{study.chemistry.temperature:g} K",
        seed=study.seed,
        constants=" ".join(shlex.quote(option) for option in study.linkage.arguments()),
    shell:
        "lfa1 linkage --free-energies {input} --if-converged --output {output.table} "
        "--temperature '{params.temperature}' --seed {params.seed} {params.constants} "
        "> {log} 2>&1"


rule gather_pulls:
    input:
        pull_outputs("csv", "json"),
        settings=SETTINGS,
    output:
        "<results>/free_energy/pulls/pulls.csv",
    log:
        "<results>/logs/gather-pulls.log",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        digest=lambda wildcards: study.digest("sample"),
        config=CONFIG,
        folder=subpath(output[0], parent=True),
        results=subpath(output[0], ancestor=3),
    shell:
        "lfa1 gather --pulls --config {params.config} --results {params.results} "
        "--output-dir {params.folder} > {log} 2>&1"


rule pulls:
    input:
        "<results>/free_energy/pulls/pulls.csv",
    output:
        multiext("<results>/free_energy/", "pull_work.csv", "pulls.json"),
    log:
        "<results>/logs/pulls.log",
    conda:
        "../envs/study.yaml"
    resources:
        runtime=short_minutes,
        mem_mb=megabytes,
    params:
        folder=subpath(output[0], parent=True),
        temperature=f"{study.chemistry.temperature:g} K",
    shell:
        "lfa1 pulls --pulls {input} --temperature '{params.temperature}' "
        "--output-dir {params.folder} > {log} 2>&1"
