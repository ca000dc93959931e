"""The story of the three roles in Chromium: from an empty account to live rows in a Shiny app behind nginx."""

import re
from collections.abc import Iterable

from .account import Person
from .chromium import WIDE, Chromium, Look, Window
from .nginx import Nginx
from .shiny_app import ShinyApp
from .waiting import free_port, wait_until

GUID = re.compile("[0-9a-f-]{36}")


class Story:
    """An empty account behind nginx, and a provider that knows nothing of it. Each person has their own browser."""

    def __init__(self, stage, chromium: Chromium, look: Look = WIDE) -> None:
        self.stage, self.chromium, self.look = stage, chromium, look
        port = free_port()
        self.server = stage.gatehouse(content_port=port)
        self.nginx = stage.keep(Nginx(stage.folder("nginx"), self.server.listen, port))
        self.provider = stage.simulator("databricks")
        self.provider.add_user("vera", [["north", "41"]])
        self.account = self.server.create_account(name="Acme Analytics")
        self.app_port = free_port()

    def window(self, origins: Iterable[str] = ()) -> Window:
        known = {self.server.base_url, self.server.content_url, self.provider.origin}
        return self.chromium.window(self.look, {*known, *origins})

    def enter(self, person: Person) -> Window:
        """Somebody follows their invite."""
        window = self.window()
        window.accept_invite(person)
        return window

    def go_to(self, window: Window, section: str) -> None:
        """By the navigation."""
        window.page.get_by_role("navigation", name="Account").get_by_role("link", name=section).click()

    # The admin.

    def prepare(self) -> None:
        """The admin's part: a data source, and two invites."""
        admin = self.enter(self.account.admin)
        self.add_data_source(admin)
        self.publisher = self.invite(admin, "paul", "publisher")
        self.viewer = self.invite(admin, "vera", "viewer")

    def add_data_source(self, window: Window) -> None:
        """Add Data Source, then tell the provider what the page says."""
        page = window.page
        self.go_to(window, "Data sources")
        page.get_by_role("link", name="Add Data Source").first.click()
        page.locator("main").get_by_role("button", name="Databricks").first.click()
        page.locator("[name=name]").fill("Sales lakehouse")
        page.locator("[name=description]").fill("Orders of all regions")
        page.locator("[name=client_id]").fill(self.provider.client_id)
        page.locator("[name=client_secret]").fill(self.provider.client_secret)
        page.locator("[name=host_url]").fill(self.provider.host)
        window.picture("story 1 admin adds a data source")
        page.get_by_role("button", name="Add Data Source").last.click()
        page.wait_for_url(re.compile(f"/integrations/{GUID.pattern}"))
        assert "The data source was added." in page.get_by_role("status").first.inner_text()
        assert self.provider.client_secret not in page.content()
        self.provider.register(page.locator("main code", has_text="/callback").first.inner_text())
        window.picture("story 2 data source")

    def invite(self, window: Window, name: str, role: str) -> Person:
        page, email = window.page, f"{name}@{self.account.slug}.example"
        self.go_to(window, "People")
        page.get_by_role("link", name="Invite somebody").first.click()
        page.locator("[name=email]").fill(email)
        page.locator(f"[name=role][value={role}]").check()
        page.get_by_role("button", name="Make the invite link").click()
        link = page.locator("main code").first.inner_text()
        [made] = [one for one in self.account.admin.api.ok("GET", "v1/users")["results"] if one["email"] == email]
        return Person(self.account, {**made, "role": role, "api_key": None, "invite_url": link})

    # The publisher.

    def publish(self) -> None:
        """The publisher's part: content, its data source and variables, and the app that runs at its address."""
        window = self.enter(self.publisher)
        page = window.page
        self.go_to(window, "Content")
        page.get_by_role("link", name="New content").first.click()
        page.locator("[name=title]").fill("Orders, live")
        page.locator("[name=description]").fill("What each of us may see of today's orders.")
        page.locator("[name=upstream_url]").fill(f"http://127.0.0.1:{self.app_port}")
        page.locator("[name=access_type][value=logged_in]").check()
        window.picture("story 3 publisher makes content")
        page.get_by_role("button", name="Create content").click()
        page.get_by_role("heading", level=1, name="Orders, live").wait_for()
        self.guid = GUID.search(page.url)[0]
        page.get_by_role("link", name="Access", exact=True).click()
        page.get_by_label("Sales lakehouse").check()
        page.get_by_role("button", name="Attach").click()
        page.get_by_role("heading", level=3, name="Sales lakehouse").wait_for()
        window.picture("story 4 publisher attaches the data source")
        for name, value in {"DATABRICKS_WAREHOUSE_ID": "w1", "ROWS_EVERY_SECONDS": "0.5"}.items():
            page.get_by_role("link", name="Environment", exact=True).click()
            page.locator("[name=name]").last.fill(name)
            page.locator("[name=value]").last.fill(value)
            page.get_by_role("button", name="Save").click()
            page.get_by_role("rowheader", name=name).wait_for()
        self.go_to(window, "API keys")
        page.get_by_role("link", name="Create API key").first.click()
        page.locator("[name=name]").fill("laptop")
        page.get_by_role("button", name="Create API key").click()
        key = page.locator("main code", has_text="gh_").first.inner_text()
        self.app = self.stage.keep(ShinyApp(self.server, {"guid": self.guid}, key, self.app_port))

    # The viewer.

    @property
    def address(self) -> str:
        return f"{self.server.content_url}/content/{self.guid}/"

    def log_in(self, window: Window) -> None:
        """The page before the content that names what it needs, and the provider's own page."""
        page = window.page
        page.get_by_role("heading", level=1, name="Log in for Orders, live").wait_for()
        window.picture("story 5 viewer is asked to log in")
        page.locator("main").get_by_role("link", name="Log in to Sales lakehouse").click()
        self.log_in_at_provider(window)

    def log_in_at_provider(self, window: Window) -> None:
        page = window.page
        page.wait_for_url(self.provider.origin + "/**")
        page.locator("[name=username]").fill("vera")
        page.locator("[name=password]").fill(self.provider.passwords["vera"])
        page.get_by_role("button", name="Sign in").click()

    def open_content(self) -> "Live":
        """The viewer's part: from the content's address through sign-in and login to the content."""
        self.enter(self.viewer)
        window = self.window()
        live = Live(window)
        window.open(self.address)
        window.page.wait_for_url(re.compile("/sign-in"))
        window.sign_in(self.viewer)
        self.log_in(window)
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
        return int(re.search(r": (\d+)", self.page.locator("#readings").inner_text())[1])

    def await_reading(self) -> None:
        """Rows that were asked for from now on."""
        before = self.readings()
        wait_until(lambda: self._turn() and self.readings() > before + 1, "the page reads again")

    def _turn(self) -> bool:
        """Let the browser's events arrive."""
        self.page.wait_for_timeout(20)
        return True
