#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# demo.sh [TREE] [ARGUMENT...]: the whole job on TREE, or on a copy of the miniature kernel.
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
here=$(cd "$(dirname "$0")/.." && pwd)
tree=${1:-}
[ $# -eq 0 ] || shift
set -- --profile "${PROFILE:-vaddr-pin}" "$@"

if [ -z "$tree" ]; then
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/gup-migrate-demo.XXXXXX")
	tree=$scratch/linux
	cp -R "$here/kernel-fixtures/mini" "$tree"
	git -C "$tree" init -q -b main
	git -C "$tree" config user.name 'Demo'
	git -C "$tree" config user.email 'demo@example.org'
	git -C "$tree" config commit.gpgSign false
	git -C "$tree" add -A -f
	git -C "$tree" commit -q -m 'Import the miniature kernel'
	set -- --workspace "$scratch/workspace" --output "$scratch/series" "$@"
	echo "The miniature kernel is in $tree"
fi

summary=$(mktemp)
trap 'rm -f "$summary"' EXIT
status=0
"$here/.venv/bin/python" -m migrate run "$tree" "$@" > "$summary" || status=$?
cat "$summary"
# On the miniature kernel every group is converted: there, 3 is a failure like any other, but for
# commits that only a cross compiler builds, which this machine need not have.
count() {
	sed -n "s/^groups $1  *\([0-9][0-9]*\)$/\1/p" "$summary"
}
if [ $status = 3 ] && [ -n "${scratch:-}" ] && grep -q 'were not built: .* no compiler ' "$summary" &&
	[ "$(count 'to convert')" = "$(count converted)" ]; then
	echo "What no compiler here can build is held (exit code 3): gup-migrate doctor names the packages."
	status=0
fi
if [ $status = 3 ] && [ -z "${scratch:-}" ]; then
	echo "What is left for a person (exit code 3) does not keep the rest from being delivered."
	status=0
fi
if [ -n "${scratch:-}" ]; then
	echo "Series and report are in $scratch/series"
fi
exit $status
