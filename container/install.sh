#!/bin/sh
# Install the locked environment below the repository, as `make setup` does anywhere; an argument
# names the CUDA version whose OpenMM wheel is added.
set -eu
cd "$(dirname "$0")/.."
# One of another machine, copied along, has another Python and other paths.
rm -rf .venv
make setup CUDA="${1:-}"
.venv/bin/python -m compileall -q analysis workflow || true
