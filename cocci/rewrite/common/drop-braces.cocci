// SPDX-License-Identifier: GPL-2.0-only
/// Take away the braces around the only statement of a branch or a loop.
///
//# Meant for blocks that a folded loop was alone in.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: Blocks of several statements are never touched. With at=all the
//	braces of one branch go although another branch needs its own: give
//	places. Indentation may have to be put right by hand.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file drop-braces.cocci -D patch \
//		-D at=all FILE
//
// "at" is "all", or the places of the opening braces, lines from 1 and columns
// from 0 in bytes, joined by underscores: L12C5_L57C9.

virtual patch

@initialize:python@
at << virtual.at;
@@
ALL = at == "all"
PLACES = set(at.split("_"))


def wanted(p):
    return ALL or "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch@
expression e;
statement S, other;
position p : script:python() { wanted(p) };
position q : script:python() { wanted(q) };
@@
(
  if (e)
- {@p
  S
- }
  else
- {@q
  other
- }
|
  if (e)
- {@p
  S
- }
  else other
|
  if (e) other else
- {@p
  S
- }
|
  if (e)
- {@p
  S
- }
|
  while (e)
- {@p
  S
- }
|
  for (...;...;...)
- {@p
  S
- }
)
