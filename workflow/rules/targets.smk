"""Targets that stop after a step."""


rule prepared:
    input:
        expand("<results>/prepared/{state}/protein.cif", state=study.states),
    localrule: True


rule systems:
    input:
        expand("<results>/systems/{system}/system.xml.gz", system=study.systems),
    localrule: True


rule trajectories:
    input:
        production_outputs("xtc"),
    localrule: True


rule tables:
    input:
        analysis_tables(),
    localrule: True


rule integrins:
    input:
        integrin_tables(),
    localrule: True


rule free_energy:
    input:
        free_energy_outputs(),
    localrule: True
