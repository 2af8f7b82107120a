#!/usr/bin/env bash
# Gradescope runs this once, when it builds the assignment's image. AUTOGRADER is where everything lies: /autograder there.
set -euo pipefail
source="${AUTOGRADER:-/autograder}/source"

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "Python 3.10 or newer is needed: choose Ubuntu 22.04 or newer in the autograder's settings." >&2
    exit 1
fi
if ! python3 -c 'import ensurepip' 2> /dev/null; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv
fi

python3 -m venv "$source/.venv"
pip=("$source/.venv/bin/python" -m pip install --no-cache-dir --disable-pip-version-check)
# PyTorch without CUDA takes less than half of the memory.
"${pip[@]}" {torch} --index-url https://download.pytorch.org/whl/cpu
"${pip[@]}" -r "$source/requirements.txt"

# An image in which the grader cannot start is not built.
cd "$source"
.venv/bin/python -c 'import utils.grading.command'
