# SPDX-License-Identifier: GPL-2.0-only
"""The code that a scratch copy of the tree gets so that the kernel records who pins and who
releases a page.

Each function of the pin and release families becomes a macro of the same name, which records file
and line of the call and then calls the function. Its parameters are those of the tree's own
prototypes, so that nothing depends on the version of the kernel. The converted objects are compiled
with a call at the beginning of each basic block, which records what ran, and those of groups that
only look pages up record plain references, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from migrate.kernel.signatures import (
    LOOKUP_NAMES,
    PIN_NAMES,
    TWIN_NAMES,
    Signature,
    read_signatures,
)
from migrate.kernel.tree import Tree

_DATA = Path(__file__).parent / "data"
_MM, _GUP, _MAKEFILE = "include/linux/mm.h", "mm/gup.c", "mm/Makefile"
_RELEASES = (
    "put_user_page",
    "put_user_pages",
    "put_user_pages_dirty",
    "put_user_pages_dirty_lock",
    "unmap_and_put_user_folio",
    "unmap_and_put_user_page",
    "unpin_user_page",
    "unpin_user_pages",
    "unpin_user_pages_dirty_lock",
    "unpin_user_page_range_dirty_lock",
    "unpin_user_folio",
)
_ONE = ("put_user_page", "unpin_user_page")
"""Functions that release a single pin, the best first."""
_FOLLOW = "follow_page"
_ASKS = {"iov_iter_extract_pages": "iov_iter_extract_will_pin"} | dict.fromkeys(
    sorted(TWIN_NAMES), "iov_iter_vaddr_will_pin"
)
"""Functions that take pins on the pages of an iterator, with the function that says whether they
do: all memory but that of users is only lent."""
_STAYS = frozenset({"iov_iter_vaddr_pin_pages", "iov_iter_vaddr_pin_pages_alloc"})
"""Those of them that do not advance the iterator."""
_ITERATORS = "lib/iov_iter.c"
_ITERATOR, _OFFSET = "struct iov_iter*", "size_t*"
_FILLED, _MADE = "struct page**", "struct page***"
"""The types of their parameters: the iterator, the offset in the first page, and the array, which
the caller provides or the function allocates."""
_NAMED = {
    _ITERATOR: ("struct iov_iter *", "__gp_iter"),
    _FILLED: ("struct page **", "__gp_pages"),
    _MADE: ("struct page ***", "__gp_pages"),
    _OFFSET: ("size_t *", "__gp_offset"),
}
_DECLARED = """\
#define GUP_PROVE_EXTRACTS
#include <linux/uio.h>
ssize_t gup_prove_extracted(struct gup_prove_site *site, struct iov_iter *iter,
\t\t\t    struct page **pages, ssize_t got, size_t offset);

"""
_PLAIN = ("put_page", "folio_put")
"""Functions that drop a plain reference on one page."""
_OWN_OBJECT = """
obj-y += gup_prove.o
KASAN_SANITIZE_gup_prove.o := n
KCOV_INSTRUMENT_gup_prove.o := n
"""
_WATCHED = "-fsanitize-coverage=trace-pc -g1"
"""Options for a call in each basic block, and for line numbers of addresses; gcc and clang have
both."""
_NOTES_PLAIN = "-DGUP_PROVE_PLAIN"
_UNNOTED = b"#define GUP_PROVE_OFF\n#line 1\n"
"""Put at the beginning of a file that defines the functions, so that its calls are not recorded."""
_LAST_ENDIF = re.compile(rb"^#endif[^\n]*\n?(?=\s*\Z)", re.M)
_SITE = "static struct gup_prove_site __gp_site = { .file = __FILE__, .line = __LINE__%s }"


@dataclass(frozen=True)
class Unfit:
    """Why a tree cannot be instrumented, in one line."""

    reason: str


@dataclass(frozen=True)
class Wanted:
    """`releases` are the functions of the profile that release pins; `watched` are the sources
    whose executed lines are recorded, `plain` those in which pages are looked up."""

    releases: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()


@dataclass(frozen=True)
class Instrumented:
    """The files to add or replace, and the functions whose calls are recorded: those that take
    pins, those that release them, and those that drop plain references."""

    files: dict[str, bytes]
    acquires: tuple[str, ...]
    releases: tuple[str, ...]
    drops: tuple[str, ...] = ()


def instrument(tree: Tree, wanted: Wanted = Wanted()) -> Instrumented | Unfit:
    """Instrument `tree`, the tip of a branch, to record what is `wanted`."""
    names = dict.fromkeys((*_RELEASES, *wanted.releases))
    found = read_signatures(tree, (*names, *_PLAIN, *_ASKS))
    acquires = {n: m for n in PIN_NAMES if n in found and (m := _acquire(found[n]))}
    releases = {n: m for n in names if n in found and (m := _release(found[n]))}
    one = next((name for name in _ONE if name in releases), None)
    extracts = {n: m for n in _ASKS if n in found and (m := _extract(found[n]))}
    acquires |= extracts
    if not acquires or one is None:
        return Unfit(f"{_MM} declares no function that takes or releases pins")
    lookups = [_acquire(found[n], ", .plain = true") for n in sorted(LOOKUP_NAMES) if n in found]
    drops = {n: _release(found[n], ", .plain = true") for n in _PLAIN if n in found}
    lookups += [_follow(found[_FOLLOW])] if _FOLLOW in found else []
    header = (_DATA / "gup_prove.h").read_text(encoding="utf-8").replace("{one}", one)
    header = header.replace("{extracts}", _DECLARED if extracts else "")
    header = header.replace("{macros}", "\n".join((*acquires.values(), *releases.values())))
    header = header.replace("{plain}", "\n".join(filter(None, (*lookups, *drops.values()))))
    own = (_GUP, _ITERATORS) if extracts else (_GUP,)
    texts = tree.read_many([_MM, _MAKEFILE, *own])
    if missing := [p for p in (_MM, _GUP, _MAKEFILE) if p not in texts]:
        return Unfit(f"there is no {missing[0]}")
    mm, ends = _LAST_ENDIF.subn(rb"#include <linux/gup_prove.h>\n\g<0>", texts[_MM])
    if ends != 1:
        return Unfit(f"{_MM} does not end with #endif")
    makefiles = _flags(tree, wanted)
    files = makefiles | {
        _MM: mm,
        **{path: _UNNOTED + texts[path] for path in own if path in texts},
        _MAKEFILE: makefiles.get(_MAKEFILE, texts[_MAKEFILE]) + _OWN_OBJECT.encode(),
        "include/linux/gup_prove.h": header.encode(),
        "mm/gup_prove.c": (_DATA / "gup_prove.c").read_bytes(),
    }
    return Instrumented(files, tuple(acquires), tuple(releases), tuple(drops))


def _flags(tree: Tree, wanted: Wanted) -> dict[str, bytes]:
    """The makefiles with the flags of the objects that are watched."""
    found: dict[str, bytes] = {}
    for source in wanted.watched:
        if not source.endswith(".c"):
            continue
        path = _makefile(tree, source)
        if path is None:
            continue
        target = PurePosixPath(source).relative_to(PurePosixPath(path).parent).with_suffix(".o")
        flags = f"{_WATCHED} {_NOTES_PLAIN}" if source in wanted.plain else _WATCHED
        # Older kbuild looks for such flags by the name of the object without its folder.
        lines = [
            f"CFLAGS_{name} += {flags}\n" for name in dict.fromkeys((str(target), target.name))
        ]
        text = found.get(path) or tree.read(path) or b""
        found[path] = text + f"\n{''.join(lines)}".encode()
    return found


def _makefile(tree: Tree, source: str) -> str | None:
    """The nearest makefile above `source`, which kbuild takes."""
    for folder in PurePosixPath(source).parents:
        for name in ("Kbuild", "Makefile"):
            if tree.exists(path := str(folder / name)):
                return path
    return None


def _acquire(signature: Signature, kind: str = "") -> str:
    """The macro for a function that takes pins, "" if its signature is not as expected; `kind` has
    further initialisers for its site."""
    at, name = signature.pages_position, signature.name
    names = [f"a{n}" for n in range(len(signature.parameters))]
    if at is None:
        if "page *" not in signature.return_type:
            return ""
        call = f"({name})({', '.join(names)})"
        body = [f"struct page *__gp_page = {call}"]
        body += ["gup_prove_acquired_one(&__gp_site, __gp_page)", "__gp_page"]
        return _macro(name, names, body, kind)
    if _is_array_of_pages(signature.parameters[at].type) is None:
        return ""
    passed = [("__gp_pages" if n == at else a) for n, a in enumerate(names)]
    call = f"({name})({', '.join(passed)})"
    body = [f"struct page **__gp_pages = ({names[at]})"]
    body += [f"long __gp_got = gup_prove_fails(&__gp_site) ? -14 : {call}"]
    body += [f"({signature.return_type})gup_prove_acquired(&__gp_site, __gp_pages, __gp_got)"]
    return _macro(name, names, body, kind)


def _follow(signature: Signature) -> str:
    """The macro for follow_page(), which takes a reference only with FOLL_GET."""
    names = [f"a{n}" for n in range(len(signature.parameters))]
    body = [f"struct page *__gp_page = ({signature.name})({', '.join(names)})"]
    body += [f"if (({names[-1]}) & FOLL_GET) gup_prove_acquired_one(&__gp_site, __gp_page)"]
    return _macro(signature.name, names, [*body, "__gp_page"], ", .plain = true")


def _extract(signature: Signature) -> str:
    """The macro for a function that takes pages from an iterator, "" if its signature is not as
    expected."""
    types = [" ".join(p.type.split()).replace(" *", "*") for p in signature.parameters]
    known = [t for t in types if t in _NAMED]
    if known not in ([_ITERATOR, _FILLED, _OFFSET], [_ITERATOR, _MADE, _OFFSET]):
        return ""
    names = [f"a{n}" for n in range(len(types))]
    pairs = list(zip(types, names, strict=True))
    body = [f"{''.join(_NAMED[t])} = ({a})" for t, a in pairs if t in _NAMED]
    arguments = [_NAMED[t][1] if t in _NAMED else a for t, a in pairs]
    call = f"({signature.name})({', '.join(arguments)})"
    made = _MADE in known
    # A twin that allocates the array sets it to NULL if it fails.
    fails = "(*__gp_pages = NULL, -14)" if made and signature.name in TWIN_NAMES else "-14"
    body += [f"bool __gp_pins = {_ASKS[signature.name]}(__gp_iter)"]
    body += [f"ssize_t __gp_got = __gp_pins && gup_prove_fails(&__gp_site) ? {fails} : {call}"]
    iterator = "NULL" if signature.name in _STAYS else "__gp_iter"
    pages = "*__gp_pages" if made else "__gp_pages"
    noted = f"gup_prove_extracted(&__gp_site, {iterator}, {pages}, __gp_got, *__gp_offset)"
    body += [f"__gp_pins && __gp_got > 0 ? {noted} : __gp_got"]
    return _macro(signature.name, names, body, "")


def _release(signature: Signature, kind: str = "") -> str:
    """The macro for a function that releases pins, "" if its signature is not as expected."""
    name = signature.name
    names = [f"a{n}" for n in range(len(signature.parameters))]
    types = [" ".join(p.type.split()) for p in signature.parameters]
    body = list(_noted(types))
    if not body:
        return ""
    passed = ["__gp_what", *(["__gp_n"] if len(names) > 1 else []), *names[2:]]
    return _macro(name, names, [*body, f"({name})({', '.join(passed)})"], kind)


def _noted(types: list[str]) -> Iterator[str]:
    """The declarations and the call that record a release, by the types of the parameters."""
    if not types:
        return
    several = len(types) > 1
    match types[0].replace(" *", "*"):
        case "struct page**" if several:
            yield "struct page **__gp_what = (a0)"
            yield "unsigned long __gp_n = (a1)"
            yield "gup_prove_released(&__gp_site, __gp_what, __gp_n)"
        case "struct page*":
            yield "struct page *__gp_what = (a0)"
            if several:
                yield "unsigned long __gp_n = (a1)"
            n = "__gp_n" if several else "1"
            yield f"gup_prove_released_row(&__gp_site, __gp_what, {n}, 1)"
        case "struct folio*":
            yield "struct folio *__gp_what = (a0)"
            if several:
                yield "unsigned long __gp_n = (a1)"
            n = "__gp_n" if several else "1"
            yield f"gup_prove_released_row(&__gp_site, &__gp_what->page, {n}, 0)"


def _is_array_of_pages(kind: str) -> bool | None:
    return True if " ".join(kind.split()).replace(" *", "*") == "struct page**" else None


def _macro(name: str, parameters: list[str], body: list[str], kind: str) -> str:
    lines = " \\\n".join(f"\t{line};" for line in (_SITE % kind, *body))
    return f"#define {name}({', '.join(parameters)}) ({{ \\\n{lines} \\\n}})"
