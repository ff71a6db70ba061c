"""From pulls and windows to work, the free energy of opening and the dose–response."""


rule gather:
    input:
        unpack(reads("gather")),
        # Named apart, since these jobs are known before the last round of adaptation.
        PLAN.made_by("exchange", endings=["csv", "json"]),
        settings=SETTINGS,
    output:
        MADE("gather"),
    log:
        LOG("gather"),
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
        unpack(reads("pmf")),
    output:
        MADE("pmf"),
    log:
        LOG("pmf"),
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
        unpack(reads("linkage")),
    output:
        MADE("linkage"),
    log:
        LOG("linkage"),
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
        "lfa1 linkage --free-energies {input} --if-converged --output {output[0]} "
        "--temperature '{params.temperature}' --seed {params.seed} {params.constants} "
        "> {log} 2>&1"


rule gather_pulls:
    input:
        unpack(reads("gather_pulls")),
        settings=SETTINGS,
    output:
        MADE("gather_pulls"),
    log:
        LOG("gather_pulls"),
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
        unpack(reads("pulls")),
    output:
        MADE("pulls"),
    log:
        LOG("pulls"),
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
