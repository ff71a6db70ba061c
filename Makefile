# Two commands do everything from a fresh clone: `make study` and `make test`.
# `make help` lists the rest.
PYTHON ?= python3
CORES ?= $(shell nproc)
BIN := .venv/bin
READY := .venv/.ready
UV := 0.13.9
# A folder that `make wheels` filled: then nothing is fetched (docs/install.md).
WHEELS ?=
PIP_FROM := $(if $(WHEELS),--no-index --find-links $(WHEELS))
UV_FROM := $(if $(WHEELS),$(PIP_FROM),--system-certs)

# What the lock file does not hold: `make setup CUDA=12` (or 13) adds OpenMM's wheel for an NVIDIA GPU,
# EXTRA="…" further packages. A sync removes what is not locked, so both are remembered in .venv and
# installed again after each; `CUDA=` forgets. A variable of the shell's that is called so means nothing.
KEPT := .venv/.kept
OPENMM := $(shell sed -n 's/.*"openmm==\([^"]*\)".*/\1/p' pyproject.toml)
kept = $(shell sed -n 's/^$1=//p' $(KEPT) 2>/dev/null)
asked = $(if $(filter command,$(origin $1)),$(strip $($1)),$(call kept,$1))
ASKED_CUDA := $(call asked,CUDA)
ASKED_EXTRA := $(call asked,EXTRA)
ADDED := $(patsubst %,'%',$(if $(ASKED_CUDA),openmm-cuda-$(ASKED_CUDA)==$(OPENMM)) $(ASKED_EXTRA))
ifneq ($(filter-out 12 13,$(ASKED_CUDA))$(word 2,$(ASKED_CUDA)),)
$(error CUDA=$(ASKED_CUDA): 12 or 13, whichever the driver supports (nvidia-smi shows it), or nothing)
endif

.PHONY: changed help setup wheels study study-free-energy study-bound benchmark screenshots test test-slow test-kill test-network test-slurm lint format lock docs pictures structures structures-free-runs clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(READY)  ## create .venv from the lock file; for an NVIDIA GPU: make setup CUDA=12 (or 13)

# uv installs the locked wheels many times faster than pip; it is pinned and lives in .venv as well.
$(READY): requirements.lock pyproject.toml
	@rm -f $@
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is older than 3.11: make setup PYTHON=/path/to/a/newer/python3" >&2; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FROM) uv==$(UV)
	@VIRTUAL_ENV=.venv $(BIN)/uv pip sync --quiet $(UV_FROM) --require-hashes requirements.lock
	@VIRTUAL_ENV=.venv $(BIN)/python -m uv pip install --quiet $(UV_FROM) --no-deps --editable .
	@$(if $(strip $(ADDED)),VIRTUAL_ENV=.venv $(BIN)/python -m uv pip install --quiet $(UV_FROM) \
	  --constraint requirements.lock $(ADDED))
	@printf 'CUDA=%s\nEXTRA=%s\n' '$(ASKED_CUDA)' '$(ASKED_EXTRA)' > $(KEPT)
	@mkdir -p .venv/typing && ln -sfn ../../analysis .venv/typing/lfa1_analysis && \
	  for p in md report cli; do ln -sfn ../../workflow/$$p .venv/typing/lfa1_$$p; done
	@touch $@
	@echo "environment ready: source $(BIN)/activate"

ifneq ($(ASKED_CUDA) $(ASKED_EXTRA),$(call kept,CUDA) $(call kept,EXTRA))
$(READY): changed
endif

# The lock file is complete, and of one pin pip alone would say that it can't be (tool.uv in pyproject.toml).
# What builds the package itself is fetched as well, and so is what was added.
wheels: setup  ## fetch all wheels into wheels/, for `make setup WHEELS=wheels` without internet
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
	  --requirement requirements.lock --dest wheels
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --dest wheels uv==$(UV) \
	  $$(sed -n 's/^requires = \["\(.*\)"\]/\1/p' pyproject.toml)
	@$(if $(strip $(ADDED)),VIRTUAL_ENV=.venv $(BIN)/python -m uv pip freeze --exclude-editable | \
	  $(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps \
	  --requirement /dev/stdin --dest wheels)

study: setup  ## the default study: real LFA-1 I domains ± Mg²⁺, ends with results/report.html
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --cores $(CORES)

study-free-energy: setup  ## umbrella sampling as a demonstration, in free-energy/
	@mkdir -p free-energy
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --cores $(CORES) --directory free-energy \
	  --configfile config/free-energy.yaml

study-bound: setup  ## the I domain on ICAM-1 ± Mg²⁺ as a demonstration, in bound/
	@mkdir -p bound
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --cores $(CORES) --directory bound \
	  --configfile config/bound.yaml

# stages.py goes first: the others take their systems from the demonstration that it runs.
BENCHMARKS := stages step_rate throughput minimisation dag analysis report gromacs picture

benchmark: setup  ## measure speeds, memory and dry runs (some 40 minutes on 2 idle cores)
	@set -e; for name in $(BENCHMARKS); do $(BIN)/python benchmarks/$$name.py; done

test: setup  ## format, lint, types and every test that is not slow
	@$(MAKE) --no-print-directory lint
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -n $(CORES) --dist loadgroup \
	  -m "not slow and not network and not gpu and not kill and not slurm"

test-slow: setup  ## the long tests: whole workflow, negative controls
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -m "slow"

test-kill: setup  ## at least 200 runs killed at random moments and resumed, then whole studies
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -m "kill"

test-network: setup  ## tests that fetch from the wwPDB
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -m "network"

# Whatever the packages start by themselves is left alone: the test has daemons, keys and ports of its own.
test-slurm: setup  ## a study on a Slurm of its own on this machine (root, Debian or Ubuntu)
	@[ "$$(id -u)" = 0 ] || { echo "Slurm's daemons need root: sudo make test-slurm" >&2; exit 1; }
	@PATH="$$PATH:/usr/sbin"; which munged slurmctld slurmd sbatch > /dev/null || { \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -qq --no-install-recommends slurm-wlm munge > /dev/null; } || \
	  { echo "install Slurm and munge first" >&2; exit 1; }
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest -m "slurm"

lint: setup
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@MYPYPATH=.venv/typing $(BIN)/mypy
	@$(BIN)/lint-imports --no-logo > /dev/null || $(BIN)/lint-imports --no-logo
	@$(BIN)/snakefmt --check Snakefile workflow/Snakefile workflow/rules 2>/dev/null || \
	  { echo "snakefmt would change the rules: make format"; exit 1; }
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --lint

format: setup  ## rewrite the sources in the house style
	@$(BIN)/ruff check --quiet --fix-only . ; $(BIN)/ruff format --quiet .
	@$(BIN)/snakefmt Snakefile workflow/Snakefile workflow/rules

lock: setup  ## resolve pyproject.toml anew into requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	  --generate-hashes --no-header --no-emit-index-url --extra study --extra develop --extra crate \
	  --extra docs pyproject.toml --output-file requirements.lock

docs: setup  ## the documentation as a small site, site/index.html
	@$(BIN)/mkdocs build --strict --quiet && echo "made: site/index.html"

pictures: setup  ## draw the pictures of the documentation anew from the rules and the crystals
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python docs/make/data_flow.py docs/data_flow.svg
	@$(BIN)/python docs/make/observables.py docs

screenshots: setup  ## pictures of results/report.html in docs/ (needs Debian's chromium)
	@$(BIN)/python tests/report/screenshots.py results/report.html docs
	@cp results/figures/road.svg docs/demonstration.svg

structures: setup  ## recompute the embedded models and crystal tables from their PDB entries
	@$(BIN)/lfa1 structures build

structures-free-runs: setup  ## free dynamics of the shipped models, three seeds each, in free-runs/
	@mkdir -p free-runs
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --cores $(CORES) --directory free-runs \
	  --configfile structures/free_runs.yaml trajectories
	@$(BIN)/lfa1 structures record free-runs/results

clean:  ## remove the environment; results/ stays
	@rm -rf .venv
