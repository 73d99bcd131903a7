#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# need.sh PROBE=PACKAGE...: install the packages whose probe finds nothing: with apt by the names
# given, which are Debian's and Ubuntu's, with dnf by Fedora's. A probe is a command, an absolute
# path with wildcards, or import:MODULE for one of $PYTHON.
set -eu
names=${0%/*}/../migrate/base/data/packages.toml

# in_fedora PATH: where Fedora has what Debian has in PATH.
in_fedora() {
	case $1 in
	/usr/lib/git-core/*) echo "/usr/libexec/git-core/${1#/usr/lib/git-core/}" ;;
	/usr/lib/\*/perl5/\*/*) echo "/usr/lib64/perl5/vendor_perl/${1#/usr/lib/\*/perl5/\*/}" ;;
	/usr/lib/\*/*) echo "/usr/lib64/${1#/usr/lib/\*/}" ;;
	/usr/share/perl5/*) echo "/usr/share/perl5/vendor_perl/${1#/usr/share/perl5/}" ;;
	/usr/bin/chromium) echo /usr/bin/chromium-browser ;;
	esac
}

present() {
	case $1 in
	import:*) "${PYTHON:-python3}" -c "import ${1#import:}" 2>/dev/null ;;
	/*) ls -d $1 $(in_fedora "$1") 2>/dev/null | grep -q . ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

missing=
for need; do
	package=${need#*=}
	case "$missing " in
	*" $package "*) ;;
	*) present "${need%%=*}" || missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null; then
	manager=apt-get
elif command -v dnf >/dev/null; then
	manager=dnf
	debian=$missing
	missing=
	for package in $debian; do
		fedora=$(while read -r key _ value; do
			key=${key#\"} value=${value#\"}
			case $package in ${key%\"}) echo "${value%\"}"; break ;; esac
		done < "$names")
		if [ -z "$fedora" ]; then
			echo "Missing, and Fedora has no package of it that is known here: $package" >&2
			exit 1
		fi
		missing="$missing $fedora"
	done
else
	echo "Missing, and there is no apt-get and no dnf to install it:$missing" >&2
	exit 1
fi
if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
	as_root=sudo
else
	echo "Missing packages; as root, type: $manager install$missing" >&2
	exit 1
fi
echo "Installing packages:$missing"
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

get() {
	if [ $manager = dnf ]; then # which waits for another dnf by itself
		$as_root dnf install -q -y --setopt=install_weak_deps=False $missing >"$log" 2>&1
	else
		apt update && apt install -y --no-install-recommends $missing
	fi
}

if ! get; then
	cat "$log" >&2
	echo "$manager did not install:$missing" >&2
	exit 1
fi
