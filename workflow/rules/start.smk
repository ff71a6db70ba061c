"""What happens when a run starts and ends: the configuration for the jobs, checks, the last word."""


def write_settings():
    """Write the whole configuration to where jobs read it, if it is not there yet."""
    settings = study.model_dump(mode="json")
    content = sealed_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))
    if not Path(CONFIG).is_file() or Path(CONFIG).read_text("utf-8") != content:
        durable.write_text(Path(CONFIG), content)


def of_module(wildcards):
    """Do what `onstart` does, which Snakemake does not run of a module; there is no such input."""
    if acting():
        write_settings()
    return []


def require_queue():
    """End at once where Slurm does not answer: Snakemake would wait for it without a word."""
    to_slurm, accounting = asks_slurm()
    try:
        if to_slurm:
            slurm.require_answer(accounting=accounting)
    except StudyError as error:
        raise WorkflowError(str(error)) from None


SETTINGS = [] if MAIN else of_module


# Where a queue hands out the GPUs, the machine that submits needs none.
# Jobs read the whole configuration from here; what makes a job run again is its own digest.
onstart:
    if computes_here():
        try:
            compute_platform.check(study.platform)
        except StudyError as error:
            raise WorkflowError(str(error)) from None
    # How far the whole study is, every minute among Snakemake's own lines; `lfa1 status` elsewhere.
    if not REMOTE and not is_quiet():
        announce(study, Path(RESULTS))
    write_settings()


# Only with the report is everything there: a target on the way to it completes nothing.
onsuccess:
    after_run(remember)
    page = f"{RESULTS}/report.html"
    if makes(page):
        job_outputs.remove_requeue_caches(Path(RESULTS))
        print(
            f"\nThe study is complete. Open {Path(page).resolve()} in a browser.\n"
        )


onerror:
    after_run(remember)
