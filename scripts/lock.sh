#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Write requirements.txt from pyproject.toml: every package with its hashes, no index in it.
set -eu
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$PYTHON" -m venv "$scratch"
"$scratch/bin/python" -m pip --disable-pip-version-check --quiet install pip-tools
CUSTOM_COMPILE_COMMAND='make lock' "$scratch/bin/python" -m piptools compile --quiet \
	--generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --extra dev --output-file requirements.txt pyproject.toml
