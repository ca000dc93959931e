"""An origin for each content: `--content-url http://*.localhost:PORT`, behind each of the proxies."""

import socket
import subprocess
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from harness.account import SESSION_HEADER
from harness.browser import Browser, form_with
from harness.flask_app import FlaskApp
from harness.gatehouse import gatehouse_binary
from harness.listener import Listener
from harness.scene import play
from harness.site import PROXIES, headers_of
from harness.waiting import DEADLINE_SECONDS, free_port


class Site:
    """Gatehouse, a proxy, an app that shows two contents, and a viewer who may open both."""

    def __init__(self, stage, proxy: str) -> None:
        port = free_port()
        self.proxy_name = proxy
        self.server = stage.gatehouse(content_port=port, own_origins=True)
        self.app = stage.keep(Listener())
        self.proxy = PROXIES[proxy](stage.folder("proxy"), self.server.listen, port, own_origins=True)
        stage.keep(self.proxy)
        self.scene = play(self.server, stage.simulator("databricks"))
        self.content, self.viewer = self.scene.content, self.scene.viewer
        self.scene.publisher.api.ok(
            "PATCH", f"v1/content/{self.content['guid']}", json={"upstream_url": self.app.origin}
        )
        self.other = self.scene.account.add_content(self.scene.publisher, upstream_url=self.app.origin)

    def origin(self, content: dict) -> str:
        return self.server.content_origin(content)

    def url(self, content: dict, rest: str = "/", at: dict | None = None) -> str:
        return f"{self.origin(at or content)}{rest}"

    def old_url(self, content: dict, rest: str = "/", at: dict | None = None) -> str:
        """Below the prefix that content has where all of it shares an origin."""
        return f"{self.origin(at or content)}/content/{content['guid']}{rest}"


@pytest.fixture(scope="module", params=PROXIES, ids=PROXIES)
def site(stage, request) -> Site:
    return Site(stage, request.param)


def test_each_content_opens_at_a_host_of_its_own(site):
    for content in (site.content, site.other):
        landed = site.viewer.browser.get(site.url(content, "/deep?x=1"))
        assert landed.status_code == 200 and landed.url == site.url(content, "/deep?x=1")
        host = [urlsplit(landed.url).netloc]
        assert headers_of(landed.json(), "Host") == headers_of(landed.json(), "X-Forwarded-Host") == host
        assert len(headers_of(landed.json(), SESSION_HEADER)) == 1


def test_a_stranger_signs_in_on_the_way_and_lands_there(site):
    browser = Browser()
    page = browser.get(site.url(site.other, "/page?x=1"))
    form = form_with(page, "email", "password")
    landed = browser.submit(form, email=site.viewer.email, password=site.viewer.password)
    assert landed.url == site.url(site.other, "/page?x=1") and landed.json()["path"] == "/page?x=1"


def test_a_viewer_who_must_log_in_comes_back_to_the_contents_own_host(site):
    person = site.scene.account.add("viewer")
    person.accept_invite()
    site.scene.provider.add_user("wim")
    page = person.browser.get(site.url(site.content, "/deep?q=1"))
    assert page.url.startswith(site.scene.account.url(f"content/{site.content['guid']}/log-in"))
    assert person.log_in_for_content(site.scene.provider, page, "wim").url == site.url(site.content, "/deep?q=1")


def test_the_address_that_programs_and_pages_are_told_is_its_own(site):
    told = site.scene.publisher.api.ok("GET", f"v1/content/{site.other['guid']}")
    assert told["content_url"] == site.url(site.other)
    at_base = site.viewer.browser.get(site.server.url(f"/content/{site.other['guid']}/x?y=1"), follow=False)
    assert at_base.headers["Location"] == site.url(site.other, "/x?y=1")


def test_the_path_arrives_as_it_was_sent_and_without_a_prefix(site):
    for rest in ("/a%2Fb/c%20d", "/a//b", "/?q=%2F", "/content", "/content/x"):
        echo = site.viewer.browser.get(site.url(site.other, rest)).json()
        assert echo["path"] == rest and headers_of(echo, "X-Forwarded-Prefix") == []


def test_old_addresses_lead_to_the_content(site):
    browser = site.viewer.browser
    for old, new in {"/x?y=1": "/x?y=1", "": "/", "?y=1": "/?y=1", "/": "/", "//x/y": "//x/y"}.items():
        answer = browser.get(site.old_url(site.other, old), follow=False)
        assert answer.status_code == 308, answer.text
        assert urljoin(answer.url, answer.headers["Location"]) == site.url(site.other, new)
    assert browser.get(site.old_url(site.other, "/deep?x=1")).json()["path"] == "/deep?x=1"
    kept = browser.post(site.old_url(site.other, "/form"), {"x": "1"}, headers={"Origin": site.origin(site.other)})
    assert (kept.json()["method"], kept.json()["path"], kept.json()["body"]) == ("POST", "/form", "x=1")


def test_a_path_that_names_another_content_is_the_contents_own(site):
    browser = site.viewer.browser
    browser.get(site.url(site.other))
    landed = browser.get(site.old_url(site.other, "/x?y=1", at=site.content))
    assert landed.url == site.old_url(site.other, "/x?y=1", at=site.content)
    assert landed.json()["path"] == f"/content/{site.other['guid']}/x?y=1"
    [token] = headers_of(landed.json(), SESSION_HEADER)
    credentials = site.scene.publisher.api.credentials(token)
    assert site.scene.provider.whoami(credentials["access_token"]) == "vera", "it is a request for that content"


NEIGHBORS = {
    "another content": lambda site: urlsplit(site.origin(site.content)).netloc,
    "no content": lambda site: "x.localhost",
    "below the content": lambda site: f"a.{site.other['guid']}.localhost",
}


@pytest.mark.parametrize("host", NEIGHBORS)
def test_a_contents_cookie_opens_it_at_no_other_host(site, host):
    """No browser would send it there; a program that has it can."""
    browser = site.viewer.browser
    assert browser.get(site.url(site.other)).status_code == 200
    asked = len(site.app.asked)
    headers = {"Host": NEIGHBORS[host](site), "Cookie": browser.cookie_header(site.url(site.other))}
    headers["Accept"] = "text/html"
    address = f"http://127.0.0.1:{urlsplit(site.origin(site.other)).port}/content/{site.other['guid']}/"
    answer = requests.get(address, headers=headers, allow_redirects=False, timeout=DEADLINE_SECONDS)
    if host == "below the content" and site.proxy_name == "caddy":
        # Caddy's wildcard stands for one label, and those of the others for several.
        assert answer.status_code == 421
    elif host == "another content":
        assert answer.status_code == 302 and "/gateway/sign-in?" in answer.headers["Location"]
    else:
        assert answer.status_code == 302 and answer.headers["Location"] == site.url(site.other)
    assert len(site.app.asked) == asked


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "evil.example", "localhost.evil.example"])
def test_another_host_is_no_contents(site, host):
    address = f"http://127.0.0.1:{urlsplit(site.origin(site.other)).port}/content/{site.other['guid']}/"
    answer = requests.get(address, headers={"Host": host}, timeout=DEADLINE_SECONDS)
    assert answer.status_code == 421


def test_a_ticket_is_taken_at_its_contents_host_alone(site):
    browser = site.viewer.browser
    # Other tests have the same browser.
    for cookie in list(browser.session.cookies):
        if cookie.domain == urlsplit(site.origin(site.other)).hostname:
            browser.session.cookies.clear(cookie.domain, cookie.path, cookie.name)
    step = browser.get(site.url(site.other), follow=False)
    while "__gatehouse__" not in step.headers["Location"]:
        step = browser.get(step.headers["Location"], follow=False)
    ticket = step.headers["Location"]
    assert ticket.startswith(site.origin(site.other) + "/")
    elsewhere = ticket.replace(site.origin(site.other), site.origin(site.content))
    assert browser.get(elsewhere, follow=False).status_code == 404
    assert browser.get(ticket).status_code == 200


def test_what_a_proxy_says_of_the_host_twice_is_not_believed(site):
    own, other = (urlsplit(site.origin(content)).netloc for content in (site.content, site.other))
    for said in (f"{own}, {other}", other, "", own + ".evil.example"):
        answer = site.viewer.ask_gateway(site.content, headers={"X-Forwarded-Host": said})
        assert answer.status_code == 401 and answer.headers["X-Gatehouse-Location"] == site.url(site.content)
    # Where a proxy says it with Host alone, that counts.
    cookie = site.viewer.browser.cookie_header(site.url(site.content))
    headers = {"X-Original-URI": f"/content/{site.content['guid']}/", "Cookie": cookie, "Host": own.upper()}
    assert site.server.get("/v1/gateway/authorize", headers=headers).status_code == 200


def test_redirects_of_content_stay_at_its_own_host(site, own_stage):
    flask = own_stage.keep(FlaskApp())
    content = site.scene.account.add_content(site.scene.publisher, upstream_url=flask.origin)
    browser = site.viewer.browser
    assert browser.get(site.url(content)).url == site.url(content, "/hello")
    assert browser.get(site.url(content, "/folder")).url == site.url(content, "/folder/")


# What another site's page makes a browser send, with the viewer's cookie but without the viewer's wish.

FOREIGN = {
    "a fetch of a sibling": {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
    "a fetch": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"},
    "a fetch that says little": {"Origin": "https://evil.example"},
    "a picture": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_another_sites_page_sends_does_not_reach_the_content(site, kind):
    asked = len(site.app.asked)
    assert site.viewer.browser.get(site.url(site.other), headers=FOREIGN[kind], follow=False).status_code == 403
    form = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Origin": site.origin(site.content)}
    assert site.viewer.browser.post(site.url(site.other), {"x": "1"}, False, headers=form).status_code == 403
    assert len(site.app.asked) == asked


def test_links_and_what_the_content_itself_sends_arrive(site):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Origin": site.origin(site.other)}
    private = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Origin": "null"}
    for headers in (link, own, {"Origin": site.origin(site.other)}, {}):
        assert site.viewer.browser.get(site.url(site.other), headers=headers).status_code == 200
    assert site.viewer.browser.post(site.url(site.other), {"x": "1"}, headers=own).status_code == 200
    assert site.viewer.browser.post(site.url(site.other), {"x": "1"}, headers=private).status_code == 200


def test_what_is_for_everybody_is_for_other_sites_too_but_without_the_viewer(site):
    public = site.scene.account.add_content(site.scene.publisher, access_type="all", upstream_url=site.app.origin)
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": "https://portal.example"}
    answer = Browser().get(site.url(public), headers=headers)
    assert answer.status_code == 200 and headers_of(answer.json(), SESSION_HEADER) == []


def test_another_contents_page_opens_no_websocket(site):
    """Browsers hold no page to the origin of what it talks to by a WebSocket; the cookie would go along."""
    assert site.viewer.browser.get(site.url(site.other)).status_code == 200
    asked = len(site.app.asked)
    for origin, status in ((site.origin(site.content), 403), ("null", 403), (site.origin(site.other), 200)):
        with pytest.raises(InvalidStatus) as refused:
            open_websocket(site, origin)
        # The app is no WebSocket, so that what reaches it is an ordinary answer.
        assert refused.value.response.status_code == status, origin
    assert len(site.app.asked) == asked + 1


def open_websocket(site, origin: str) -> None:
    own = site.url(site.other, "/ws").replace("http://", "ws://")
    headers = {"Cookie": site.viewer.browser.cookie_header(site.url(site.other))}
    connection = socket.create_connection(("127.0.0.1", urlsplit(own).port), timeout=DEADLINE_SECONDS)
    connect(own, sock=connection, additional_headers=headers, origin=origin)


# The setting.


def check(*settings: str) -> tuple[int, str]:
    done = subprocess.run(
        [gatehouse_binary(), "check-config", "--data", "/nonexistent/gatehouse", *settings],
        capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "content",
    [
        "https://apps.*.example.com", "https://a*.example.com", "https://*", "https://*.", "https://*.com",
        "*.example.com", "https://*.*.example.com", "https://*.example.com/x", "http://*.apps.example.com", "https://*.10.0.0.1",
        "https://*.-a.example.com", "https://*..example.com", "https://*." + "a" * 64 + ".example", "https://*.[::1]",
        "https://*." + "abcdefgh." * 25 + "example",
    ],
)  # fmt: skip
def test_a_wildcard_that_is_none_is_refused(content):
    code, said = check("--base-url", "https://gatehouse.example.org", "--content-url", content)
    assert code != 0 and "--content-url" in said


@pytest.mark.parametrize(
    ("base", "content"),
    [
        ("https://gatehouse.apps.example.com", "https://*.apps.example.com"),
        ("https://a.b.apps.example.com", "https://*.apps.example.com"),
        ("https://apps.example.com", "https://*.apps.example.com"),
        ("https://example.com", "https://*.apps.example.com"),
        ("http://gatehouse.localhost:8080", "http://*.localhost:8081"),
    ],
)
def test_pages_that_would_share_cookies_with_content_are_refused(base, content):
    code, said = check("--base-url", base, "--content-url", content)
    assert code != 0 and "share cookies" in said


@pytest.mark.parametrize(
    ("base", "content"),
    [
        ("https://gatehouse.example.com", "https://*.apps.example.com"),
        ("https://gatehouse.example.com", "https://*.example-apps.com:8443"),
        ("http://localhost:8080", "http://*.localhost:8081"),
    ],
)
def test_a_wildcard_of_its_own_is_taken(base, content, tmp_path):
    done = subprocess.run(
        [gatehouse_binary(), "check-config", "--data", tmp_path, "--base-url", base, "--content-url", content]
        + ["--listen", "127.0.0.1:0"],
        capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert content in done.stdout
