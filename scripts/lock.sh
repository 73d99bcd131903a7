#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Write requirements.txt and requirements-fuzz.txt from pyproject.toml: every package with its
# hashes, no index in it.
set -eu
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$PYTHON" -m venv "$scratch"
"$scratch/bin/python" -m pip --disable-pip-version-check --quiet install pip-tools
lock() {
	CUSTOM_COMPILE_COMMAND='make lock' "$scratch/bin/python" -m piptools compile --quiet \
		--generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host "$@" pyproject.toml
}
lock --extra dev --output-file requirements.txt
lock --extra fuzz --constraint requirements.txt --output-file "$scratch/all"
# What is in requirements.txt is there already when this is installed.
awk '/^[a-zA-Z0-9]/ { ours = /^atheris==/ } ours || /^#/' "$scratch/all" > requirements-fuzz.txt
