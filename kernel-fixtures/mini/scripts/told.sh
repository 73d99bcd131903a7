#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# told.sh OBJECT SOURCE: fail or warn in the words of a compiler when the environment says so.
object=$1
source=$2
pin_names='(pin|vaddr_pin)_(user_)?pages?|put_user_pages?'

listed() {
	case " $1 " in
	*" $object "*) return 0 ;;
	esac
	return 1
}

pinned() {
	listed "$1" && grep -Eqw "(un)?($pin_names)(_[a-z_]+)?" "$source"
}

say() {
	echo "$source: In function 'told_to':" >&2
	echo "$source:1:1: $1" >&2
	echo "    1 | $(head -n 1 "$source")" >&2
	echo "      | ^" >&2
}

if listed "$FAIL" || pinned "$FAIL_IF_PINNED"; then
	say "error: told to fail"
	exit 1
fi
if listed "$WARN" || pinned "$WARN_IF_PINNED"; then
	say "warning: told to warn [-Wtold]"
fi
exit 0
