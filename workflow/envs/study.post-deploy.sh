#!/usr/bin/env bash
# Run by Snakemake in the folder of the workflow after `--software-deployment-method conda` made the
# environment: the study's own program comes from this repository.
set -euo pipefail
python -m pip install --no-deps --editable .
