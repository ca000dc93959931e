"""Every page, full, empty and refused: axe-core, keyboard, without a script, light and dark, wide and narrow."""

import re
from html.parser import HTMLParser

import pytest

from harness.accessibility import axe_violations, check_keyboard
from harness.chromium import NARROW, NARROW_DARK, NARROW_NO_SCRIPT, NO_SCRIPT, WIDE, WIDE_DARK, Chromium, Window
from harness.everything import OPTIONS, PAGES, Everything
from harness.identity_provider import IdentityProvider

LOOKS = [WIDE, WIDE_DARK, NARROW, NARROW_DARK, NO_SCRIPT, NARROW_NO_SCRIPT]


BETWEEN = [660, 900, 1090]
"""Other widths, in pixels, of windows in which nothing may need more room: beside those where the layout changes."""


class World(Everything):
    """Everything, and the windows of those who look at it."""

    def __init__(self, server, databricks, issuer: IdentityProvider, chromium: Chromium) -> None:
        super().__init__(server, databricks, issuer)
        self.chromium = chromium
        self._windows: dict[tuple[str, str], Window] = {}

    def window(self, who: str, look) -> Window:
        """A window in which somebody is signed in: once through the page, then with the same cookies in each look."""
        key = (who, str(look))
        if key not in self._windows:
            person, first = self.people.get(who), self._windows.get((who, str(LOOKS[0])))
            if person is not None and first is None:
                first = self._windows[who, str(LOOKS[0])] = self.chromium.of(person, LOOKS[0])
            if key not in self._windows:
                self._windows[key] = self.chromium.window(look, {self.server.base_url}, like=first)
        return self._windows[key]


@pytest.fixture(scope="module")
def server(stage):
    return stage.gatehouse(options=OPTIONS)


@pytest.fixture(scope="module")
def world(server, stage, databricks, chromium_process):
    return World(server, databricks, stage.keep(IdentityProvider()), chromium_process)


@pytest.fixture
def complaints(world):
    """The windows have nothing to complain of."""
    yield
    found = [complaint for window in world.chromium.windows for complaint in window.complaints]
    for window in world.chromium.windows:
        window.complaints.clear()
    assert found == [], "\n".join(found)


def pages_of(document: dict) -> set[str]:
    """Where a browser is answered with a page."""
    return {
        path
        for path, item in document["paths"].items()
        if "text/html" in item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    }


def test_every_page_is_in_the_list(server):
    pages = pages_of(server.get("/openapi.json").json())
    assert pages - set(PAGES) == set(), "pages that nobody has looked at"
    assert set(PAGES) - pages == set(), "these are no pages"


class Source(HTMLParser):
    """What a page is made of, as it was sent."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language, self.headings, self.title, self.inline, self.ids = "", 0, "", [], []
        self._open, self._is_head = "", True
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given, self._open = dict(attrs), tag
        self._is_head = self._is_head and tag != "body"
        if tag == "html":
            self.language = given.get("lang", "")
        self.headings += tag == "h1"
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in given) else []
        self.inline += [url for url in (given.get("href"), given.get("src")) if (url or "").startswith("javascript:")]
        self.ids += [given["id"]] if "id" in given else []

    def handle_data(self, data):
        # A picture (SVG) has a title too.
        if self._open == "title" and self._is_head:
            self.title += data

    def handle_endtag(self, tag):
        self._open = ""


def check_source(url: str, text: str) -> None:
    source = Source(text)
    assert source.language == "en" and source.headings == 1, f"{url}: {source.language!r} {source.headings} h1"
    assert re.fullmatch(r"\S.* · Gatehouse", source.title.strip()) or url.count("/") == 3, f"{url}: {source.title!r}"
    assert source.inline == [], f"{url}: {source.inline}"
    assert len(source.ids) == len(set(source.ids)), f"{url}: two of {source.ids}"


def judge(window: Window, name: str) -> list[str]:
    """What is wrong with the page in this window, of which a picture is kept."""
    page, look = window.page, window.look
    window.picture(name)
    overflow = window.overflow()
    if look == WIDE:
        overflow += [one for width in BETWEEN for one in window.overflow(width)]
    wrong = [f"{page.url} ({look}): {one}" for one in overflow]
    if look.script:
        wrong += [f"{page.url} ({look}): {one}" for one in axe_violations(page)]
    try:
        check_keyboard(page)
    except AssertionError as error:
        wrong.append(f"({look}) {error}")
    return wrong


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everybody(world, complaints, path):
    wrong = []
    for number, (who, url) in enumerate(world.visits(path)):
        for look in LOOKS:
            window = world.window(who, look)
            answer = window.open(url)
            assert answer.status == 200, f"{who}: {answer.status} {url}"
            check_source(url, answer.text())
            wrong += judge(window, f"{path} {number}")
    assert wrong == [], "\n".join(wrong)


WITHOUT_OBJECTS = [path for path in PAGES if path.startswith("/accounts/{account}") and "{guid}" not in path]


@pytest.mark.parametrize("path", [path for path in WITHOUT_OBJECTS if not path.endswith(("/sign-in", "/invite"))])
def test_an_empty_page_is_for_everybody_too(world, complaints, path):
    wrong = []
    for look in (WIDE, NARROW_DARK):
        window = world.window("newcomer", look)
        url = world.url(path, account=world.empty)
        answer = window.open(url)
        assert answer.status == 200, f"{answer.status} {url}"
        wrong += judge(window, f"{path} empty")
    assert wrong == [], "\n".join(wrong)


# Sends each form whose fields a person must fill in, without having filled them in, past the browser's own check,
# by the button that the Enter key takes: the first in the page that is the form's, wherever it stands.
FORMS = """() => [...document.querySelectorAll("main form[method=post]")].map(
  (form, place) => form.querySelector("[required]:not([type=radio], [type=checkbox])") ? place : -1)
  .filter((place) => place >= 0)"""
SEND_EMPTY = """(place) => {
  const form = document.querySelectorAll("main form[method=post]")[place];
  for (const field of form.querySelectorAll("[required]:not([type=radio], [type=checkbox])")) field.value = "";
  form.noValidate = true;
  form.requestSubmit([...form.elements].find((one) => one.type === "submit"));
}"""


@pytest.mark.parametrize("path", PAGES)
def test_a_form_that_is_refused_says_so_to_everybody(world, complaints, path):
    wrong = []
    who, url = world.visits(path)[0]
    for look in (WIDE, NARROW_DARK):
        window = world.window(who, look)
        window.open(url)
        for place in window.page.evaluate(FORMS):
            window.open(url)
            with window.page.expect_navigation() as sent:
                window.page.evaluate(SEND_EMPTY, place)
            assert 400 <= sent.value.status < 500, f"{url}: form {place} was not refused: {sent.value.status}"
            focused = window.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            assert "aria-invalid" in focused or "error" in focused, f"{url}: the focus is at {focused}"
            wrong += judge(window, f"{path} refused {place}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("path", ["/nothing-here", "/accounts/nobody-knows-it/sign-in", "/accounts/{account}/nothing"])
def test_an_error_is_a_page_too(world, complaints, path):
    wrong = []
    for look in (WIDE, NARROW_DARK, NO_SCRIPT):
        window = world.window("viewer", look)
        answer = window.open(world.url(path))
        assert answer.status == 404
        check_source(answer.url, answer.text())
        wrong += judge(window, f"error {path}")
    assert wrong == [], "\n".join(wrong)
