# SPDX-License-Identifier: GPL-2.0-only
"""`python -m scripts.screenshot [REPORT.HTML]`: the pictures of README.md, of a report, or of that
of a run on the miniature kernel.

`make browser-test` installs the browser that this takes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from scripts.browser import chromium, look, picture
from scripts.transcripts import PROJECT, home_with_kernel, output_of

PICTURES = PROJECT / "docs"
_WIDTH = 1100
_TOP, _GROUP = 1000, 800
"""Heights in CSS pixels: of the start of the page, of one group."""

_OPEN = """
const button = [...document.querySelectorAll('td.place button')]
  .find(each => each.textContent.startsWith(arguments[0]));
button.click();
document.querySelector('tr.detail .beside').scrollIntoView();
"""

_GROUPS = ("drivers/misc/vmw_vmci/vmci_host.c:", "drivers/crypto/")
"""Which group is shown: the first of these that the report has."""


def take(report: Path) -> None:
    """Write the pictures of `report`."""
    with chromium() as browser:
        look(browser, width=_WIDTH, height=_TOP)
        browser.get(report.as_uri())
        picture(browser, PICTURES / "report.png")
        look(browser, width=_WIDTH, height=_GROUP, dark=True)
        browser.get(report.as_uri())
        text = report.read_text(encoding="utf-8")
        shown = next(group for group in _GROUPS if f'"{group}' in text)
        browser.execute_script(_OPEN, shown)
        picture(browser, PICTURES / "report-group.png")


def main() -> None:
    if len(sys.argv) > 1:
        take(Path(sys.argv[1]).resolve())
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder).resolve() / "home"
        env = home_with_kernel(home)
        output_of(["bash", "-c", "gup-migrate run linux -o series"], home, env)
        take(home / "series" / "report.html")


if __name__ == "__main__":
    main()
