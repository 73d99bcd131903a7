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
tries=60

# apt ARGUMENT...: apt-get, which another apt keeps out on every machine that was just made. With
# DPkg::Lock::Timeout it would wait for one of its three locks, and say so to nobody.
apt() {
	until $as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q "$@" >"$log" 2>&1; do
		grep -Eq 'Could not get lock|Unable to (acquire|lock)' "$log" || return 1
		if [ "$tries" = 60 ]; then
			echo "Waiting for another apt to end, ten minutes at most:" \
				"$(grep -Eom1 'process [0-9]+ \([^)]*\)' "$log" || echo 'it holds the lock')"
		fi
		[ "$tries" -gt 0 ] || return 1
		tries=$((tries - 1))
		sleep 10
	done
}

if ! { apt update && apt install -y --no-install-recommends $missing; }; then
	cat "$log" >&2
	echo "apt-get did not install:$missing" >&2
	exit 1
fi
