# SPDX-License-Identifier: GPL-2.0-only
"""`python -m scripts.screenshot`: the pictures of README.md, from a run on the miniature kernel.

`make browser-test` installs the browser that this takes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from scripts.browser import chromium, look, picture
from scripts.transcripts import PROJECT, home_with_kernel, output_of

PICTURES = PROJECT / "docs"
_WIDTH = 1100
_TOP, _GROUP = 1200, 900
"""Heights in CSS pixels: of the start of the page, of one group."""

_OPEN = """
const button = [...document.querySelectorAll('td.place button')]
  .find(each => each.textContent.startsWith(arguments[0]));
button.click();
button.closest('tr').scrollIntoView();
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder).resolve() / "home"
        env = home_with_kernel(home)
        output_of(["bash", "-c", "gup-migrate run linux -o series"], home, env)
        with chromium() as browser:
            address = (home / "series" / "report.html").as_uri()
            look(browser, width=_WIDTH, height=_TOP)
            browser.get(address)
            picture(browser, PICTURES / "report.png")
            look(browser, width=_WIDTH, height=_GROUP, dark=True)
            browser.get(address)
            browser.execute_script(_OPEN, "drivers/crypto/")
            picture(browser, PICTURES / "report-group.png")


if __name__ == "__main__":
    main()
