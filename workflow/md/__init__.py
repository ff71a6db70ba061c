"""Prepare LFA-1 structures and simulate them with OpenMM.

Importing this package needs OpenMM but never Snakemake: the workflow's rules call the program
``lfa1``, which calls these modules, so that an outsider's path and the workflow's are one.
"""
