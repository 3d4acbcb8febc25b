#!/bin/sh
# Creates the virtual environment named by the first argument, with the interpreter named by the second or,
# by default, the first suitable interpreter on the PATH.
set -eu

venv=$1
chosen=${2:-}
# The versions for which TensorFlow and h5py publish wheels.
supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

if [ -n "$chosen" ]; then
    candidates=$chosen
else
    candidates='python3 python3.13 python3.12 python3.11'
fi

without_venv=
for candidate in $candidates; do
    "$candidate" -c "$supported" 2>/dev/null || continue
    if ! "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        without_venv=$candidate
        continue
    fi
    echo "Creating $venv with $("$candidate" --version) ($candidate)."
    # --clear: an environment whose interpreter is gone cannot be repaired in place.
    exec "$candidate" -m venv --clear "$venv"
done

if [ -n "$without_venv" ]; then
    echo "$without_venv cannot create virtual environments: install its venv module" \
        "(on Debian and Ubuntu: apt-get install python3-venv)." >&2
else
    echo "SuperRes needs Python 3.11, 3.12 or 3.13 (TensorFlow has no wheels for others)." \
        "Looked for: $candidates. Name one with: make PYTHON=/path/to/python3.12 ..." >&2
fi
exit 1
