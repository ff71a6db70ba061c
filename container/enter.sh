#!/bin/sh
# Run a command of the study in the folder that is mounted; `snakemake` finds the workflow.
set -eu
home=$(cd "$(dirname "$0")/.." && pwd)
PATH="$home/.venv/bin:$PATH"
export PATH
if [ "${1:-}" = snakemake ]; then
  shift
  exec snakemake --snakefile "$home/Snakefile" --workflow-profile "$home/profiles/default" "$@"
fi
exec "$@"
