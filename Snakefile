# What does the Mg²⁺ at the MIDAS of LFA-1 do to the conformation?
#
#   snakemake --cores 8                                     the demonstration (config/config.yaml)
#   snakemake --cores 8 --configfile config/production.yaml the real study
#   snakemake --cores 8 prepared | systems | trajectories | tables | free_energy | deposit
from snakemake.utils import min_version

min_version("9.27")

# A configuration given on the command line stands alone: a key it leaves out takes the documented
# default, never the demonstration's value.
if not workflow.overwrite_configfiles:

    configfile: workflow.source_path("config/config.yaml")


include: "workflow/rules/internals.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/proven.smk"
include: "workflow/rules/start.smk"
include: "workflow/rules/paths.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/prepare.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/analyse.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/deposit.smk"
include: "workflow/rules/targets.smk"


if study.sampling is not None:

    include: "workflow/rules/sample.smk"
    include: "workflow/rules/free_energy.smk"

    if study.sampling.exchange is not None:

        include: "workflow/rules/exchange.smk"


if study.separation is not None:

    include: "workflow/rules/separate.smk"


# The tables are targets of their own, so that one that was deleted is made again.
rule all:
    default_target: True
    input:
        PLAN.results_of("report"),
        PLAN.made_by("observe", "integrin"),
        PLAN.results_of(*FREE_ENERGY, "separation"),
    localrule: True
