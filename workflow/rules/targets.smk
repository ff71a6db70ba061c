"""Targets that stop after a step."""


rule prepared:
    input:
        PLAN.made_by("prepare", endings=["protein.cif"]),
    localrule: True


rule systems:
    input:
        PLAN.made_by("build", endings=["system.xml.gz"]),
    localrule: True


rule trajectories:
    input:
        PLAN.made_by("simulate", endings=["xtc"]),
    localrule: True


rule tables:
    input:
        PLAN.made_by("observe"),
    localrule: True


rule integrins:
    input:
        PLAN.made_by("integrin"),
    localrule: True


rule free_energy:
    input:
        PLAN.results_of(*FREE_ENERGY),
    localrule: True
