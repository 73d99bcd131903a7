#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# need.sh PROBE=PACKAGE...: install the Debian packages whose probe finds nothing.
# A probe is a command, an absolute path with wildcards, or import:MODULE for one of $PYTHON.
set -eu

present() {
	case $1 in
	import:*) "${PYTHON:-python3}" -c "import ${1#import:}" 2>/dev/null ;;
	/*) ls -d $1 >/dev/null 2>&1 ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

missing=
for need; do
	present "${need%%=*}" || missing="$missing ${need#*=}"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "Missing, and there is no apt-get here to install it:$missing" >&2
	exit 1
fi
if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
	as_root=sudo
else
	echo "Missing Debian packages; as root, type: apt-get install$missing" >&2
	exit 1
fi
echo "Installing Debian packages:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { $as_root apt-get update -q &&
	$as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1; then
	cat "$log" >&2
	echo "apt-get did not install:$missing" >&2
	exit 1
fi
