"""From an empty account to live rows: admin, publisher and viewer in Chromium, and a real Shiny app behind nginx."""

import re

import pytest

from harness.account import Person
from harness.chromium import NO_SCRIPT, PHONE, PHONE_DARK, PHONE_NO_SCRIPT, WIDE, WIDE_DARK, Chromium, Window
from harness.nginx import Nginx
from harness.shiny_app import ShinyApp
from harness.waiting import free_port, wait_until

LOOKS = [WIDE, WIDE_DARK, PHONE, PHONE_DARK, NO_SCRIPT, PHONE_NO_SCRIPT]
LIFETIME_SECONDS = 6
"""How long an access token is good for: so short that it ends while somebody looks at the page."""


class Story:
    """An empty account behind nginx, a provider that knows nothing of it, and three people with a browser each."""

    def __init__(self, stage, chromium: Chromium, look=WIDE) -> None:
        self.stage, self.chromium, self.look = stage, chromium, look
        port = free_port()
        self.server = stage.gatehouse(content_port=port)
        self.nginx = stage.keep(Nginx(stage.folder("nginx"), self.server.listen, port))
        self.provider = stage.simulator("databricks")
        self.account = self.server.create_account(name="Acme Analytics")
        self.publisher = self.account.add("publisher", "paul")
        self.viewer = self.account.add("viewer", "vera")
        self.provider.add_user("vera", [["north", "41"]])

    def window(self, look=None) -> Window:
        origins = {self.server.base_url, self.server.content_url, self.provider.origin}
        return self.chromium.window(look or self.look, origins)

    def enter(self, person: Person) -> Window:
        """Somebody follows their invite."""
        window = self.window()
        window.accept_invite(person)
        return window

    # The admin.

    def add_data_source(self) -> None:
        """Add Data Source, then tell the provider what the page says."""
        window = self.enter(self.account.admin)
        page = window.page
        page.get_by_role("link", name="Add Data Source").click()
        databricks = page.locator("main").get_by_role("link", name="Databricks")
        if databricks.count():
            databricks.first.click()
        page.locator("[name=name]").fill("Sales lakehouse")
        page.locator("[name=description]").fill("Orders of all regions")
        page.locator("[name=client_id]").fill(self.provider.client_id)
        page.locator("[name=client_secret]").fill(self.provider.client_secret)
        page.locator("[name=host_url]").fill(self.provider.host)
        window.picture("story admin adds a data source")
        page.get_by_role("button", name="Add Data Source").click()
        page.wait_for_url(re.compile("/integrations/[0-9a-f-]{36}"))
        assert page.get_by_role("status").inner_text() == "The data source was added."
        assert self.provider.client_secret not in page.content()
        redirect_uri = page.locator("main code", has_text="/callback").first.inner_text()
        self.provider.register(redirect_uri)
        window.picture("story data source")
        [self.integration] = self.account.admin.api.ok("GET", "v1/oauth/integrations")

    # The publisher.

    def publish(self, **variables: str) -> None:
        self.content = self.account.add_content(self.publisher, self.integration, title="Orders, live")
        variables = {"DATABRICKS_WAREHOUSE_ID": "w1", "ROWS_EVERY_SECONDS": "0.5", **variables}
        body = [{"name": name, "value": value} for name, value in variables.items()]
        inside = f"v1/content/{self.content['guid']}"
        self.publisher.api.ok("PATCH", f"{inside}/environment", json=body)
        self.app = self.stage.keep(ShinyApp(self.server, self.content, self.publisher.key))
        self.publisher.api.ok("PATCH", inside, json={"upstream_url": self.app.origin})

    # The viewer.

    @property
    def address(self) -> str:
        return f"{self.nginx.origin}/content/{self.content['guid']}/"

    def log_in_at_provider(self, window: Window) -> None:
        """The provider's own page."""
        page = window.page
        page.wait_for_url(self.provider.origin + "/**")
        page.locator("[name=username]").fill("vera")
        page.locator("[name=password]").fill(self.provider.passwords["vera"])
        page.get_by_role("button", name="Sign in").click()

    def open_content(self) -> "Live":
        """A viewer opens the content's address, logs in once, and is at the content."""
        window = self.window()
        live = Live(window)
        window.open(self.address)
        window.page.wait_for_url(re.compile("/sign-in"))
        self.viewer.has_password or self.viewer.accept_invite()
        window.sign_in(self.viewer)
        window.picture("story viewer is asked to log in")
        self.log_in_at_provider(window)
        window.page.wait_for_url(self.address)
        return live


class Live:
    """The app's page, for as long as its WebSocket is open."""

    def __init__(self, window: Window) -> None:
        self.window, self.page = window, window.page
        self.sockets: list = []
        self.page.on("websocket", lambda socket: self.sockets.append(socket))

    def rows(self) -> list[list[str]]:
        cells = "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
        return self.page.locator("table tbody tr").evaluate_all(cells)

    def await_rows(self, *expected: list[str]) -> None:
        try:
            wait_until(lambda: self._turn() and self.rows() == list(expected), f"the page shows {expected}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows\n{self.page.inner_text('body')}") from None

    def readings(self) -> int:
        return int(re.search(r"Read (\d+) times", self.page.locator("#readings").inner_text())[1])

    def await_reading(self) -> None:
        """Rows that were asked for from now on."""
        before = self.readings()
        wait_until(lambda: self._turn() and self.readings() > before + 1, "the page reads again")

    def _turn(self) -> bool:
        """Let the browser's events arrive."""
        self.page.wait_for_timeout(20)
        return True


@pytest.fixture
def story(own_stage, chromium):
    return lambda look=WIDE: Story(own_stage, chromium, look)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_from_an_empty_account_to_live_rows(story, look):
    told = story(look)
    told.add_data_source()
    told.publish()
    live = told.open_content()
    window = live.window
    if not look.script:
        # Shiny itself is a script: the page came, and that is as far as Gatehouse's part goes.
        assert window.page.title() == "Your orders"
        return
    live.await_rows(["north", "41"])
    window.picture("story live rows")
    told.provider.set_rows("vera", [["north", "42"], ["south", "7"]])
    live.await_rows(["north", "42"], ["south", "7"])
    assert len(live.sockets) == 1 and not live.sockets[0].is_closed(), "the rows came through one WebSocket"
    assert window.overflow() == []


@pytest.mark.timeout(240)
def test_three_access_tokens_end_during_one_websocket_session_and_a_revoked_login_is_asked_for_again(story):
    told = story()
    told.provider.set(access_token_seconds=LIFETIME_SECONDS, last_seconds_refused=0)
    told.add_data_source()
    told.publish()
    live = told.open_content()
    window = live.window
    live.await_rows(["north", "41"])
    window.page.evaluate(
        """() => {
          window.problems = [];
          new MutationObserver(() => {
            for (const one of document.querySelectorAll("[role=alert]")) window.problems.push(one.textContent);
          }).observe(document.body, { childList: true, subtree: true });
        }"""
    )
    ended: set[str] = set()
    for amount in ("42", "43", "44"):
        token = told.provider.issued()["access_tokens"][-1]
        assert token not in ended
        wait_until(lambda token=token: not told.provider.token_state(token)["live"], "the access token ends")
        ended.add(token)
        told.provider.set_rows("vera", [["north", amount]])
        live.await_rows(["north", amount])
        live.await_reading()
    assert len(ended) == 3
    assert not any(told.provider.token_state(token)["revoked"] for token in ended), "they ended by themselves"
    assert window.page.evaluate("window.problems") == [], "the viewer noticed nothing"
    assert len(live.sockets) == 1 and not live.sockets[0].is_closed(), "it was one session of the page"

    told.provider.revoke("vera")
    link = window.page.get_by_role("link", name="Log in to Databricks")
    link.wait_for()
    assert "Log in to Databricks again" in window.page.get_by_role("alert").inner_text()
    assert live.rows() == [], "what the viewer may not see any more is gone"
    window.picture("story log in again")
    link.click()
    told.log_in_at_provider(window)
    window.page.wait_for_url(told.address)
    live.await_rows(["north", "44"])
