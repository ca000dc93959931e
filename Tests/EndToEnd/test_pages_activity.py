"""What happened with the data sources, as administrators see it: counted at the real door, kept, and told apart."""

import html
import re
import time
from html.parser import HTMLParser

import pytest

from harness.chromium import Look
from harness.scene import EXPIRED_SECONDS, play

HOUR_SECONDS = 3600
TEST_SECONDS = 600
"""No test takes longer."""


class _Tables(HTMLParser):
    """Each table of a page: its rows as dictionaries by the words of its head."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.cell: list[str] | None = None

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.cell = []

    def handle_data(self, data):
        if self.cell is not None:
            self.cell.append(data)

    def handle_endtag(self, tag):
        if tag in ("td", "th") and self.cell is not None:
            self.tables[-1][-1].append("".join(self.cell).strip())
            self.cell = None


def tables(answer) -> list[list[dict[str, str]]]:
    assert answer.status_code == 200, f"{answer.status_code} {answer.text[:2000]}"
    parser = _Tables()
    parser.feed(answer.text)
    return [[dict(zip(table[0], row, strict=True)) for row in table[1:]] for table in parser.tables]


def sums(rows: list[dict[str, str]]) -> dict[str, int]:
    """What a table of steps adds up to."""
    names = ("Exchanges", "Refused", "Refreshes", "Logins", "Failures")
    return {name: sum(int(row[name].replace(",", "")) for row in rows) for name in names}


def page(scene, **query):
    return scene.account.admin.browser.get(scene.account.url("activity"), params=query)


@pytest.fixture
def begun() -> int:
    """How far the server's clock is moved on: into the next hour where this one would end in the middle of a test."""
    left = HOUR_SECONDS - int(time.time()) % HOUR_SECONDS
    return left if left < TEST_SECONDS else 0


@pytest.fixture
def busy(own_stage, begun):
    """One log-in, four exchanges of which three come from memory, one refused."""
    server, provider = own_stage.gatehouse(start=False).start(begun), own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    scene.account.admin.accept_invite()
    scene.refused(220)
    scene.log_in()
    for _ in range(4):
        scene.credentials()
    return scene


BUSY = {"Exchanges": 4, "Refused": 1, "Refreshes": 0, "Logins": 1, "Failures": 0}


def test_exchanges_at_the_door_are_on_the_page_and_stay_after_a_restart(busy, begun):
    for _ in range(2):
        for period, steps in (("day", 24), ("week", None), ("month", 30)):
            series, sources = tables(page(busy, period=period))
            assert sums(series) == BUSY
            assert steps is None or len(series) == steps
            assert [row["Data source"] for row in sources] == ["Warehouse"]
            assert sums(sources) == BUSY and sources[0]["State"] == "Good"
        busy.server.restart(begun)


def test_days_are_days_of_utc_wherever_they_are_read(busy, person_in_chromium):
    window = person_in_chromium(busy.account.admin, Look(timezone="America/Los_Angeles"))
    window.open(busy.account.url("activity?period=month"))
    shown = window.page.locator("figure time, tbody th time")
    assert shown.count() >= 30
    for moment in shown.all():
        day = moment.get_attribute("datetime")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", day)
        assert moment.text_content().split()[0] == str(int(day[-2:])), day


def test_an_outage_of_the_provider_is_failures(busy, begun):
    busy.server.restart(begun + EXPIRED_SECONDS)
    busy.provider.fault("token", "status", status=503, times=1)
    assert busy.exchange().status_code == 502
    series, sources = tables(page(busy))
    assert sums(series) == BUSY | {"Failures": 2}
    assert sources[0]["State"] == "Some failures"
    listed = busy.account.admin.browser.get(busy.account.url("integrations")).text
    assert "Some failures" in listed and "4 exchanges, no refreshes, 2 failures" in listed
    link = re.search(r'<a href="([^"]+)">Refused exchanges in the audit', page(busy).text)[1]
    refused = busy.account.admin.browser.get(busy.server.url(html.unescape(link)))
    assert len(tables(refused)[0]) == 2
    # The newest step is the first: what failed did so an hour after the rest, or two.
    assert series[0]["Failures"] == "2" and series[0]["Exchanges"] == "0"
    assert sums(series[1:]) == BUSY


def test_the_chart_says_in_words_what_it_shows(busy):
    text = page(busy).text
    charts = re.findall(r"<svg[^>]*>.*?</svg>", text, re.S)
    assert len(charts) == 3
    for chart in charts:
        assert 'role="img"' in chart
        for name in re.search(r'aria-labelledby="([^"]+)"', chart)[1].split():
            assert re.search(rf'id="{name}">[^<]+<', chart), name
    assert "4 in the last 24 hours, 4 in an hour at most" in charts[0]
    assert re.search(r'class="bars" d="M\d+ 100v-100h8v100z"', charts[0])
    assert 'class="bars" d=""' in charts[2]
    assert " style=" not in text and "<style" not in text


def test_one_data_source_alone(busy):
    other = busy.account.add_integration(busy.provider, name="Robot & <Sons>")
    one = tables(page(busy, data_source=busy.integration["guid"]))
    assert len(one) == 1 and sums(one[0]) == BUSY
    none = page(busy, data_source=other["guid"])
    assert "Nothing happened" in none.text and "Robot &amp; &lt;Sons&gt;" in none.text and tables(none) == []
    found = tables(page(busy, q="ROBOT"))
    assert [row["Data source"] for row in found[1]] == ["Robot & <Sons>"] and found[1][0]["State"] == "Quiet"
    assert "No data source is called so" in page(busy, q="nothing like it").text


def test_a_data_source_that_is_gone_leaves_what_the_account_did(busy):
    path = f"v1/oauth/integrations/{busy.integration['guid']}"
    assert busy.account.admin.api("DELETE", path).status_code == 204
    busy.account.add_integration(busy.provider, name="Next")
    series, sources = tables(page(busy))
    assert sums(series) == BUSY
    assert [row["Data source"] for row in sources] == ["Next"] and sums(sources)["Exchanges"] == 0


def test_another_accounts_activity_is_its_own(busy):
    stranger = busy.server.create_account()
    stranger.admin.accept_invite()
    answer = stranger.admin.browser.get(stranger.url("activity"))
    assert answer.status_code == 200 and "no data source in this account yet" in answer.text
    answer = stranger.admin.browser.get(stranger.url("activity"), params={"data_source": busy.integration["guid"]})
    assert answer.status_code == 404 and "Warehouse" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        {"period": "year"},
        {"period": "day'--"},
        {"data_source": "x"},
        {"page": "0"},
        {"page": "x"},
        {"q": "a\nb"},
        {"q": "x" * 5000},
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(account, query):
    if not account.admin.browser.cookies_named("gatehouse-"):
        account.admin.accept_invite()
        account.admin.api.ok("POST", "v1/oauth/integrations", json=CUSTOM)
    answer = account.admin.browser.get(account.url("activity"), params=query)
    assert answer.status_code == 400 and 'role="alert"' in answer.text


CUSTOM = {
    "name": "Custom",
    "template": "databricks",
    "config": {"workspace_host": "dbc-1.cloud.databricks.com", "client_id": "c", "client_secret": "s"},
}
