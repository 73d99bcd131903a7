# SPDX-License-Identifier: GPL-2.0-only
"""report.html in Debian's Chromium, opened from the disk: `make browser-test`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from migrate.delivery.report.content import make_report
from migrate.delivery.report.model import Act, Arrow, Box, Flow, Report
from migrate.delivery.report.write import html
from scripts.browser import chromium, complaints, look, requests
from tests.delivery.reports import EVIL, EVIL_PATH, evil_results, seen

MANY = 5000
A_SCREENFUL = 300
"""More rows than this are never made for somebody who has not scrolled."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as driver:
        yield driver


class Page:
    """The report as somebody uses it."""

    def __init__(self, driver: Chrome, path: Path) -> None:
        self.driver = driver
        self.address = path.as_uri()

    def open(self, anchor: str = "") -> None:
        # A change of the part after # alone would load nothing.
        self.driver.get("about:blank")
        self.driver.get(self.address + anchor)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        return [element.text for element in self.all(selector)]

    def places(self) -> list[str]:
        """File and line of each row that is shown, in order."""
        return [text.split(" ")[0] for text in self.texts("#table td.place button")]

    @property
    def count(self) -> str:
        return self.one("#count").text

    def choose(self, field: str, value: str) -> None:
        Select(self.one(f"select[data-field={field}]")).select_by_visible_text(value)

    def sort(self, column: str) -> None:
        self.one(f"th[data-sort={column}] button").click()

    def press(self, key: str) -> None:
        self.driver.switch_to.active_element.send_keys(key)

    def focused(self) -> str:
        return self.driver.switch_to.active_element.text

    def row(self, start: str) -> WebElement:
        return next(b for b in self.all("td.place button") if b.text.startswith(start))

    def script(self, text: str, *arguments: object) -> object:
        return self.driver.execute_script(f"return {text}", *arguments)


@pytest.fixture
def page(browser: Chrome, tmp_path: Path) -> Iterator[Page]:
    """The report of made-up results; when a test is over, nobody was asked and none complained."""
    path = tmp_path / "report.html"
    path.write_text(html(_with_flow(make_report(evil_results()))))
    yield from _used(browser, path)


def _with_flow(report: Report) -> Report:
    """The same with a picture of the first group: one to two and three, two to three, and back."""
    path = "drivers/a/a.c"
    acts = (
        Act("acquire", path, 10, "get_user_pages_fast()"),
        Act("evidence", path, 11, f"the page is mapped into the kernel {EVIL}"),
        Act("release", path, 13, "put_page()"),
    )
    boxes = tuple(
        Box(name, path, (act,)) for name, act in zip(("one", "two", EVIL), acts, strict=True)
    )
    arrows = (
        Arrow(0, 1, ("struct a.pages",), path, 10),
        Arrow(0, 2, ("struct a.pages", EVIL), path, 10),
        Arrow(1, 2, ("as an argument",), path, 11),
        Arrow(2, 0, ("as its result",), path, 13),
    )
    first = replace(report.groups[0], flow=Flow(boxes, arrows, 3))
    return replace(report, groups=(first, *report.groups[1:]))


@pytest.fixture
def booted(browser: Chrome, tmp_path: Path) -> Iterator[Page]:
    """The same of a branch that was booted."""
    path = tmp_path / "report.html"
    path.write_text(html(make_report(replace(evil_results(), proof=seen()))))
    yield from _used(browser, path)


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "report.html"
    path.write_text(html(_many(make_report(evil_results()))))
    return path


@pytest.fixture
def long_page(browser: Chrome, long_file: Path) -> Iterator[Page]:
    yield from _used(browser, long_file)


def _used(browser: Chrome, path: Path) -> Iterator[Page]:
    look(browser, width=1200, height=900)
    requests(browser), complaints(browser)
    made = Page(browser, path)
    made.open()
    yield made
    asked = {address.partition("#")[0] for address in requests(browser)} - {"about:blank"}
    assert asked <= {made.address, "data:,"}, "nothing leaves the page"
    assert complaints(browser) == []


def _many(report: Report) -> Report:
    """The same with 5,000 acquires, each in a group of its own."""
    row, group = report.rows[1], report.groups[0]
    numbers = range(MANY)
    return replace(
        report,
        rows=tuple(replace(row, line=n + 1, group=f"{n}", case=str(n % 5)) for n in numbers),
        groups=tuple(replace(group, name=f"{n}") for n in numbers),
    )


def test_every_acquire_is_a_row(page: Page) -> None:
    assert page.count == "5 of 5"
    assert page.places() == [
        f"{EVIL_PATH.split(' ')[0]}:30",
        "drivers/a/a.c:10",
        "drivers/a/a.c:50",
        "mm/b.c:20",
        "net/lost.c:5",
    ]


def test_filters_narrow_and_combine(page: Page) -> None:
    page.choose("verdict", "manual")
    assert page.count == "2 of 5" and len(page.places()) == 2
    page.choose("area", "net")
    assert (page.count, page.places()) == ("1 of 5", ["net/lost.c:5"])
    page.one("#clear").click()
    assert page.count == "5 of 5"
    page.choose("built", "(none)")
    assert page.count == "3 of 5"
    page.choose("built", "built")
    assert page.places() == ["drivers/a/a.c:10", "drivers/a/a.c:50"]


@pytest.mark.parametrize("field", ["verdict", "case", "state", "area", "subsystem", "maintainer"])
def test_every_value_of_a_filter_finds_something(page: Page, field: str) -> None:
    chosen = Select(page.one(f"select[data-field={field}]"))
    labels = [option.text for option in chosen.options]
    assert labels[0] == "all" and len(labels) > 1
    for index in range(1, len(labels)):
        chosen.select_by_index(index)
        assert not page.count.startswith("0 "), labels[index]


def test_search_by_keyboard(page: Page) -> None:
    page.press("/")
    page.press("mm/b")
    assert page.one("#search").get_attribute("value") == "mm/b"
    assert page.places() == ["mm/b.c:20"]
    page.press("nothing at all")
    assert page.count == "0 of 5" and page.places() == []


@pytest.mark.parametrize("column", ["verdict", "case", "subsystem", "maintainer", "state", "built"])
def test_sorting_by_a_column(page: Page, column: str) -> None:
    place = {"verdict": 2, "case": 3, "subsystem": 4, "maintainer": 5, "state": 6, "built": 7}
    cells = f"#table tbody td:nth-child({place[column]})"
    page.sort(column)
    upwards = page.texts(cells)
    assert upwards == sorted(upwards, key=str.lower)
    page.sort(column)
    assert page.texts(cells) == sorted(upwards, key=str.lower, reverse=True)
    assert page.one(f"th[data-sort={column}]").get_attribute("aria-sort") == "descending"


def test_a_place_opens_to_code_diff_and_builds_and_closes(page: Page) -> None:
    button = page.row("drivers/a/a.c:10")
    button.send_keys(Keys.ENTER)
    assert button.get_attribute("aria-expanded") == "true"
    assert page.texts("tr.detail h3")[0].startswith("a ")
    for kind, line in (("acquire", "10"), ("acquire", "50"), ("release", "13"), ("evidence", "11")):
        shown = page.texts(f"tr.detail .ln.{kind} .no")
        assert line in shown, (kind, shown)
    assert page.texts("tr.detail .sides .del")[0].split("(")[0].split() == ["line_10"]
    assert page.texts("tr.detail .sides .add")[0].split("(")[0].split() == ["pin_10"]
    assert page.texts("tr.detail .builds th") == ["object", "x86_64"]
    assert page.texts("tr.detail .builds td") == ["drivers/a/a.o", "built"]
    button.send_keys(Keys.ENTER)
    assert page.all("tr.detail") == []


def test_the_diff_is_side_by_side_where_there_is_room(page: Page) -> None:
    page.open("#group=a")
    shown = (
        "[...document.querySelectorAll('.diff')].filter(e => e.offsetParent).map(e => e.className)"
    )
    assert page.script(shown) == ["diff sides"]
    numbers = page.texts("tr.detail .sides tr td.no")
    assert numbers[:2] == ["7", "7"] and numbers.count("10") == 2
    sides = page.script(
        "[...document.querySelectorAll('.sides .del, .sides .add')].map(e => e.offsetLeft)"
    )
    assert isinstance(sides, list) and sides[0] + 300 < sides[1]
    look(page.driver, width=390, height=900)
    assert page.script(shown) == ["diff unified"]
    assert page.texts("tr.detail .ln.del")[0].split("(")[0].split() == ["-", "line_10"]


@pytest.mark.parametrize("width", [390, 1200])
def test_the_value_flow_is_a_picture(page: Page, width: int) -> None:
    look(page.driver, width=width, height=900)
    page.open("#group=a")
    assert page.texts("svg.flow .name")[:2] == ["one()", "two()"]
    labels = page.texts("svg.flow .label")
    assert labels[0] == "struct a.pages"
    assert labels[1:4] == ["as an argument", "from one()", "  struct a.pages"]
    assert not any("result" in label for label in labels), "no way back to the beginning"
    assert len(page.all("svg.flow path.arrow")) == 3, "two down and one past a box"
    assert "3 more functions" in page.one("div.flow").text
    size = page.script(
        "parseFloat(getComputedStyle(document.querySelector('.flow .name')).fontSize)"
        " * document.querySelector('svg.flow').getBoundingClientRect().width / 340"
    )
    assert isinstance(size, float) and size > 10, "CSS pixels that can be read"
    inside = page.script(
        "(() => { const all = document.querySelector('svg.flow').getBoundingClientRect();"
        " return [...document.querySelectorAll('.flow text')].every(t => "
        "t.getBoundingClientRect().right <= all.right + 1); })()"
    )
    assert inside is True
    page.one("svg.flow a").click()
    assert page.texts(".ln:target .no") == ["10"]
    beside = page.script("[...document.querySelectorAll('.beside > div')].map(e => e.offsetTop)")
    assert isinstance(beside, list) and (beside[0] == beside[1]) == (width == 1200)


def test_the_command_to_explain_can_be_copied(page: Page) -> None:
    page.open("#group=a")
    assert page.one(".command code").text == "gup-migrate explain drivers/a/a.c:10"
    page.one(".command button").click()
    WebDriverWait(page.driver, 10).until(lambda _: page.one(".command button").text == "Copied")
    page.one("#search").send_keys(Keys.CONTROL, "v")
    assert page.one("#search").get_attribute("value") == "gup-migrate explain drivers/a/a.c:10"


def test_nothing_is_said_twice_of_a_line(page: Page) -> None:
    page.open("#group=a")
    for note in page.texts("tr.detail .ln .note"):
        said = [part.strip() for part in note.replace("▾ next", "").split(";")]
        assert len(said) == len(set(said)), note


def test_places_of_a_group_lead_to_its_code_and_on_to_the_next(page: Page) -> None:
    page.row("drivers/a/a.c:10").click()
    link = next(a for a in page.all("tr.detail li a") if a.text == "drivers/a/a.c:50")
    link.click()
    assert page.texts(".ln:target .no") == ["50"]
    seen = []
    for _ in range(4):
        page.one(".ln:target a.next").click()
        seen += page.texts(".ln:target .no")
    assert seen == ["10", "11", "13", "50"], "round and back to where it began"


def test_arrow_keys_go_from_place_to_place(page: Page) -> None:
    page.script("document.querySelector('td.place button').focus()")
    page.press(Keys.ARROW_DOWN)
    page.press(Keys.ARROW_DOWN)
    assert page.focused().startswith("drivers/a/a.c:50")
    page.press(Keys.ARROW_UP)
    assert page.focused().startswith("drivers/a/a.c:10")


def test_a_tile_of_the_map_shows_its_part_of_the_table(page: Page) -> None:
    tile = page.one(".tile[data-area='drivers/a']")
    tile.send_keys(Keys.ENTER)
    assert page.places() == ["drivers/a/a.c:10", "drivers/a/a.c:50"]
    assert tile.get_attribute("aria-pressed") == "true"
    tile.send_keys(Keys.ENTER)
    assert page.count == "5 of 5"


def test_an_address_leads_to_a_group(page: Page) -> None:
    page.open("#group=b")
    assert page.texts("tr.detail h3")[0].startswith("b ")
    page.choose("verdict", "manual")
    page.one("a[href='#group=a']").click()
    WebDriverWait(page.driver, 10).until(lambda _: page.all("tr.detail"))
    assert page.count == "5 of 5"
    assert page.focused().startswith("drivers/a/a.c:10")


def test_an_address_leads_to_a_part_of_the_table(page: Page) -> None:
    page.open("#subsystem=SUBSYSTEM%20OF%20drivers&verdict=pin")
    assert page.places() == ["drivers/a/a.c:10", "drivers/a/a.c:50"]
    assert Select(page.one("select[data-field=verdict]")).first_selected_option.text == "pin"
    page.open("#subsystem=NO%20SUCH")
    assert page.count == "5 of 5"
    page.open("#something=else")
    assert page.count == "5 of 5"


def test_the_address_follows_the_filters(page: Page) -> None:
    page.choose("verdict", "pin")
    assert page.driver.current_url == page.address + "#verdict=pin"
    shown = page.places()
    page.open("#verdict=pin")
    assert page.places() == shown
    page.one("#clear").click()
    assert page.driver.current_url == page.address + "#"


def test_a_series_leads_to_its_subsystem(page: Page) -> None:
    links = page.all("a[href^='#subsystem=']")
    assert links
    for link in links:
        assert unquote(link.get_attribute("href") or "").endswith("#subsystem=" + link.text)


def test_the_name_of_a_maintainer_leads_to_what_waits_for_them(page: Page) -> None:
    page.choose("verdict", "pin")
    (link,) = page.all(".people a")
    assert link.text.startswith("Eve ")
    assert page.texts(".people td")[1:4] == ["2", "2", "1"]
    link.click()
    WebDriverWait(page.driver, 10).until(lambda _: page.count == "5 of 5")
    chosen = Select(page.one("select[data-field=maintainer]")).first_selected_option.text
    assert chosen.startswith("Eve ")


def test_markup_of_the_tree_is_shown_and_not_run(page: Page) -> None:
    for button in page.all("td.place button"):
        button.click()
    assert page.script("document.querySelectorAll('img, [onerror]').length") == 0
    shown = page.script("document.body.innerText")
    assert EVIL_PATH in str(shown)
    assert str(shown).count("<img src=x onerror=alert(1)>") > 20
    assert page.script("document.querySelectorAll('body script').length") == 6


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [320, 390, 800, 1200])
def test_nothing_sticks_out(page: Page, width: int, dark: bool) -> None:
    look(page.driver, width=width, height=900, dark=dark)
    page.open("#group=a")
    assert page.script("[document.documentElement.scrollWidth, innerWidth]") == [width, width]
    colour = str(page.script("getComputedStyle(document.body).backgroundColor"))
    assert (colour == "rgb(255, 255, 255)") != dark


def test_no_more_is_offered_than_there_is(page: Page) -> None:
    assert not page.one("#more").is_displayed()


def test_many_rows_are_made_as_somebody_scrolls(long_page: Page) -> None:
    page = long_page
    made = "document.querySelectorAll('#table tbody tr').length"
    assert page.count == f"{MANY} of {MANY}"
    first = page.script(made)
    assert isinstance(first, int) and 0 < first <= A_SCREENFUL
    page.sort("case")
    assert int(str(page.script(made))) <= A_SCREENFUL
    page.choose("case", "3")
    assert page.count == f"{MANY // 5} of {MANY}"
    end = "window.scrollTo(0, document.body.scrollHeight), document.all.more.hidden"
    WebDriverWait(page.driver, 60, 0.05).until(lambda _: page.script(end))
    lines = page.script("[...document.querySelectorAll('td.place button')].map(b => b.textContent)")
    assert isinstance(lines, list) and len(lines) == MANY // 5 == len(set(lines))


def test_the_last_of_many_groups_is_found_by_its_address(long_page: Page) -> None:
    long_page.open(f"#group={MANY - 1}")
    assert long_page.texts("tr.detail h3")[0].startswith(f"{MANY - 1} ")


def test_what_was_seen_at_run_time_is_a_filter_and_leads_to_the_code(booted: Page) -> None:
    booted.choose("proof", "proved")
    assert booted.places() == ["drivers/a/a.c:10", "drivers/a/a.c:50"]
    booted.row("drivers/a/a.c:10").click()
    told = [item.text for item in booted.all("li")]
    assert "drivers/a/a.c:10 \u2192 drivers/a/a.c:13 7 times" in told
    assert "one(): 8 of 9 lines ran, not 12" in told
    assert any(
        link.text == "drivers/a/a.c:13" and "#" in (link.get_attribute("href") or "")
        for link in booted.all("li a")
    )
