"""Several tabs of one browser at content, in Chromium: some sign in, some are restored, some go on asking by script."""

import pytest
from playwright.sync_api import Page

from harness.chromium import Window
from harness.listener import Listener
from harness.nginx import Nginx
from harness.scene import Scene, play
from harness.waiting import free_port

ASK = """async () => {
  const answer = await fetch("api", { method: "POST" });
  return [answer.status, answer.redirected, await answer.json()];
}"""
SOCKET = """() => new Promise((resolve) => {
  const socket = new WebSocket(new URL("socket", location).href.replace("http", "ws"));
  socket.onopen = socket.onclose = (event) => resolve(event.type);
})"""


class House:
    """Content behind nginx, and a viewer who may open it."""

    def __init__(self, stage, own_origins: bool) -> None:
        port = free_port()
        self.server = stage.gatehouse(content_port=port, own_origins=own_origins)
        self.app = stage.keep(Listener())
        stage.keep(Nginx(stage.folder("nginx"), self.server.listen, port, own_origins=own_origins))
        self.scene: Scene = play(self.server, stage.simulator("databricks"))
        path = f"v1/content/{self.scene.content['guid']}"
        self.scene.publisher.api.ok("PATCH", path, json={"upstream_url": self.app.origin})

    @property
    def origin(self) -> str:
        return self.server.content_origin(self.scene.content)

    def url(self, rest: str = "/") -> str:
        return self.server.content_address(self.scene.content, rest)


@pytest.fixture(scope="module", params=[False, True], ids=["one origin", "own origins"])
def house(stage, request) -> House:
    return House(stage, request.param)


def sign_in(page: Page, house: House) -> None:
    page.locator("[name=email]").fill(house.scene.viewer.email)
    page.locator("[name=password]").fill(house.scene.viewer.password)
    page.locator("main form:has([name=password]) button").click()


def forget(window: Window, *names: str) -> None:
    """The browser has lost these cookies, as after their time."""
    kept = [cookie for cookie in window.context.cookies() if not cookie["name"].startswith(names)]
    window.context.clear_cookies()
    window.context.add_cookies(kept)


@pytest.fixture
def window(chromium, house) -> Window:
    return chromium.window(origins={house.server.base_url, house.origin})


def test_two_tabs_that_were_opened_before_the_sign_in_both_arrive(house, window):
    first, second = window.page, window.context.new_page()
    for page, rest in ((first, "/first"), (second, "/second")):
        page.goto(house.url(rest))
        assert "/sign-in" in page.url
    sign_in(first, house)
    first.wait_for_url(house.url("/first"))
    sign_in(second, house)
    second.wait_for_url(house.url("/second"))
    first.reload()
    assert first.url == house.url("/first") and '"path": "/first"' in first.content()


def test_a_tab_that_goes_on_asking_does_not_break_the_sign_in_of_another(house, window):
    asking, arriving = window.page, window.context.new_page()
    asking.goto(house.url("/app"))
    sign_in(asking, house)
    asking.wait_for_url(house.url("/app"))
    window.context.clear_cookies()
    arriving.goto(house.url("/page"))
    for _ in range(3):
        status, redirected, error = asking.evaluate(ASK)
        assert (status, redirected, error["code"]) == (401, False, 24)
        assert asking.evaluate(SOCKET) == "close"
    sign_in(arriving, house)
    arriving.wait_for_url(house.url("/page"))
    status, _, _ = asking.evaluate(ASK)
    assert status == 200, "the other tab is signed in as well"
    window.complaints.clear()


def test_a_script_reads_where_its_window_can_sign_in(house, window):
    page = window.page
    page.goto(house.url("/app"))
    sign_in(page, house)
    page.wait_for_url(house.url("/app"))
    window.context.clear_cookies()
    status, redirected, error = page.evaluate(ASK)
    assert (status, redirected, error["code"]) == (401, False, 24)
    page.goto(error["payload"]["login_url"])
    sign_in(page, house)
    page.wait_for_url(house.url("/"))
    assert not [one for one in window.complaints if not one.startswith("401 ")]
    window.complaints.clear()


def test_tabs_that_are_restored_at_once_all_arrive(house, window):
    page = window.page
    page.goto(house.url("/app"))
    sign_in(page, house)
    page.wait_for_url(house.url("/app"))
    forget(window, "gatehouse-content-", "gatehouse-nonce-")
    tabs = {house.url(f"/tab{number}"): window.context.new_page() for number in range(6)}
    for url, tab in tabs.items():
        tab.evaluate("(url) => { location.href = url; }", url)
    for url, tab in tabs.items():
        tab.wait_for_url(url)
        assert '"path": "/tab' in tab.content()
