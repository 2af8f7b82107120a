# Everything sets up .venv by itself; `make run` and `make test` are all that one needs.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
SETUP := $(VENV)/.installed
# The recipe that `make run` trains, and for how many epochs (auto: all on a GPU, few on a CPU).
RECIPE ?= aster
EPOCHS ?= auto
RUBRIC ?= era_s9
# The address that `make publish` writes; what is empty is taken from `git remote`, or stays as it is.
OWNER ?=
REPO ?=
BRANCH ?=

# `make setup` alone makes .venv and installs what requirements.txt lists.
.PHONY: setup run test data notebooks readme handout gradescope publish lint clean

setup: $(SETUP)

run: $(SETUP)
	$(PY) -m utils.make.run $(RECIPE) --epochs $(EPOCHS)

test: $(SETUP) lint
	$(PY) -m pytest tests --numprocesses auto --dist loadfile
	$(PY) -m tests.run_notebooks

# Download CIFAR-10 (into CIFAR10_ROOT, else data/) and check it.
data: $(SETUP)
	$(PY) -m utils.data

# Execute the notebooks on CIFAR-10, keep their outputs and record how long each took.
notebooks: $(SETUP)
	$(PY) -m utils.make.notebooks

# Make the tables and pictures of the README and of docs/ from the records.
readme: $(SETUP)
	$(PY) -m utils.make.readme

# Write the assignment for students to build/handout/; RUBRIC is a name or a TOML file.
handout: $(SETUP)
	$(PY) -m utils.make.handout --rubric $(RUBRIC)

# Write Gradescope's autograder with the same rubric to build/autograder.zip.
gradescope: $(SETUP)
	$(PY) -m utils.make.gradescope --rubric $(RUBRIC)

# Write the repository's address into notebooks, badges and links: make publish OWNER=name [REPO=name] [BRANCH=name]
publish: $(SETUP)
	$(PY) -m utils.make.publish --owner "$(OWNER)" --repository "$(REPO)" --branch "$(BRANCH)"

# The linter, the layout of the code, and which package may import which.
lint: $(SETUP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports

# What can be made again in seconds; the runs in build/runs stay.
clean:
	rm -rf build/*.html .pytest_cache .ruff_cache

$(SETUP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@
