#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make $VENV with $PYTHON from requirements.txt; does nothing when it is there and up to date.
set -eu
cd "$(dirname "$0")/.."

stamp=$VENV/.installed
key=$({ "$PYTHON" -VV && pwd && cat requirements.txt pyproject.toml; } | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$key" ] && "$VENV/bin/python" -c ''; then
	exit 0
fi
if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
	echo "$("$PYTHON" -V) is too old: make PYTHON=python3.11, or a newer one." >&2
	exit 1
fi
echo "Installing Python packages into $VENV"
rm -rf "$VENV"
"$PYTHON" -m venv "$VENV"
pip() {
	"$VENV/bin/python" -m pip --disable-pip-version-check -q -q "$@"
}
pip install --require-hashes --no-deps -r requirements.txt
pip install --no-deps --no-build-isolation --editable .
pip check
echo "$key" > "$stamp"
