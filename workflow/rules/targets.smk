"""Targets that stop after a step."""


localrules:
    prepared,
    systems,
    trajectories,
    tables,
    integrins,
    free_energy,


rule prepared:
    input:
        expand("<results>/prepared/{state}/protein.cif", state=study.states),


rule systems:
    input:
        expand("<results>/systems/{system}/system.xml.gz", system=study.systems),


rule trajectories:
    input:
        production_outputs("xtc"),


rule tables:
    input:
        analysis_tables(),


rule integrins:
    input:
        integrin_tables(),


rule free_energy:
    input:
        free_energy_outputs(),
