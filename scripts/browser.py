# SPDX-License-Identifier: GPL-2.0-only
"""Debian's Chromium without a window, for the tests of the report and for its picture."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver

_CHROMIUM = "/usr/bin/chromium"
_DRIVER = "/usr/bin/chromedriver"

_PATIENCE = 30
"""Seconds for a page, or for a script in it, before a test fails instead of waiting."""

# As root there is no sandbox to be had; the rest keeps a new profile from calling home.
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser with an empty profile, which logs its console and every request."""
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = _CHROMIUM
        for option in (*_OPTIONS, f"--user-data-dir={profile}", "about:blank"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options, webdriver.ChromeService(_DRIVER))
        driver.get("about:blank")
        requests(driver)
        driver.set_page_load_timeout(_PATIENCE)
        driver.set_script_timeout(_PATIENCE)
        try:
            yield driver
        finally:
            driver.quit()


def look(driver: webdriver.Chrome, *, width: int, height: int, dark: bool = False) -> None:
    """Make the page `width` by `height` CSS pixels, in the light or the dark colours."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def requests(driver: webdriver.Chrome) -> list[str]:
    """Addresses that were asked for since the last call."""
    events = [json.loads(entry["message"])["message"] for entry in _log(driver, "performance")]
    return [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]


def complaints(driver: webdriver.Chrome) -> list[str]:
    """What the console got since the last call."""
    return [entry["message"] for entry in _log(driver, "browser")]


def picture(driver: webdriver.Chrome, path: Path) -> None:
    """What is in view, as PNG."""
    path.write_bytes(driver.get_screenshot_as_png())


def _log(driver: Any, kind: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = driver.get_log(kind)
    return entries
