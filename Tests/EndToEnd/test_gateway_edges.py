"""What content must never get, and what must never get lost, behind each of the proxies."""

import http.client
import json
import threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from harness.account import SESSION_HEADER
from harness.browser import Browser, form_with
from harness.flask_app import FlaskApp
from harness.quiet_server import QuietServer
from harness.site import PROXIES, Site, echoed, headers_of
from harness.waiting import DEADLINE_SECONDS, free_port, wait_until


@pytest.fixture(scope="module", params=PROXIES, ids=PROXIES)
def site(stage, request) -> Site:
    return Site(stage, request.param)


@pytest.fixture
def viewer(site):
    answer = site.scene.viewer.browser.get(site.url())
    assert answer.status_code == 200, answer.text
    return site.scene.viewer.browser


def ask(site: Site, browser: Browser | None, *headers: tuple[str, str], path: str = "/", host: str | None = None):
    """A GET with exactly these headers, even twice the same; answers the status, the headers and the body."""
    answer = open_answer(site, browser, *headers, path=path, host=host)
    return answer.status, answer.headers, answer.read()


def open_answer(site: Site, browser: Browser | None, *headers, path: str = "/", host: str | None = None):
    parts = urlsplit(site.url(path))
    connection = http.client.HTTPConnection(parts.netloc, timeout=DEADLINE_SECONDS)
    connection.putrequest("GET", site.url(path).split(parts.netloc, 1)[1], skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host or parts.netloc)
    if browser is not None and not any(name == "Cookie" for name, _ in headers):
        connection.putheader("Cookie", browser.cookie_header(site.url()))
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse()


class App:
    """A program of a publisher, which answers as the test says."""

    def __init__(self, answer) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer(self)

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing is printed."""

        self._server = QuietServer(Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def app(site, viewer, own_stage):
    """Puts an app in the place of the content's own, for one test."""

    def put(answer) -> App:
        app = own_stage.keep(App(answer))
        site.set_upstream(app.origin)
        return app

    yield put
    site.set_upstream(site.app.origin)


def reply(handler, status: int, headers: dict[str, str], body: bytes = b"") -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


# What the client sends.


def test_a_gatehouse_key_does_not_reach_the_content_and_the_apps_own_authorization_does(site, viewer):
    for key in ("Key gh_secret", "key\tgh_secret", "KEY  gh_secret"):
        status, _, body = ask(site, viewer, ("Authorization", key))
        assert status == 200 and b"gh_secret" not in body, body
    for own in ("Bearer of-the-app", "Basic eDp5", "Keyed x"):
        assert headers_of(echoed(viewer.get(site.url(), headers={"Authorization": own})), "Authorization") == [own]


@pytest.mark.parametrize(
    "cookies",
    [
        "{}; app=kept",
        "app=kept; {}",
        "app=kept;{}",
        "{}; __Host-gatehouse-nonce-x=1; app=kept; __Secure-gatehouse-content-x=2; GATEHOUSE-x=3",
        "gatehouse-a=1;gatehouse-b=2; {}; gatehouse-c=3; app=kept",
    ],
)
def test_gatehouses_cookies_are_cut_out_wherever_they_stand(site, viewer, cookies):
    mine = viewer.cookie_header(site.url())
    assert "gatehouse-content" in mine
    status, _, body = ask(site, None, ("Cookie", cookies.format(mine)))
    assert status == 200, body
    sent = "; ".join(headers_of(json.loads(body), "Cookie"))
    assert sent.strip("; ") == "app=kept"


def test_gatehouses_cookies_alone_leave_no_cookie(site, viewer):
    for cookies in [viewer.cookie_header(site.url()), viewer.cookie_header(site.url()) + "; gatehouse-x=1"]:
        status, _, body = ask(site, None, ("Cookie", cookies))
        assert status == 200 and "gatehouse" not in "".join(headers_of(json.loads(body), "Cookie"))


def test_a_header_named_in_connection_does_not_take_gatehouses_word_away(site, viewer):
    named = f"{SESSION_HEADER}, X-Forwarded-Prefix, Cookie, X-Forwarded-For"
    status, _, body = ask(site, viewer, ("Connection", named), ("Posit-Connect-Credentials", "spoofed"))
    assert status == 200, body
    echo = json.loads(body)
    assert len(headers_of(echo, SESSION_HEADER)) == 1 and headers_of(echo, "X-Forwarded-Prefix")
    assert b"spoofed" not in body
    assert SESSION_HEADER.lower() not in ", ".join(headers_of(echo, "Connection")).lower()


def test_where_a_request_came_from_is_the_proxys_word(site, viewer):
    tale = [("X-Forwarded-For", "6.6.6.6"), ("X-Real-IP", "6.6.6.6"), ("Forwarded", "for=6.6.6.6")]
    tale += [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Proto", "gopher"), ("x_forwarded_for", "6.6.6.6")]
    status, _, body = ask(site, viewer, *tale)
    assert status == 200, body
    echo = json.loads(body)
    assert b"6.6.6.6" not in body and b"evil.example" not in body and b"gopher" not in body
    assert headers_of(echo, "X-Forwarded-For") == ["127.0.0.1"]
    assert headers_of(echo, "X-Forwarded-Proto") == ["http"]


def test_the_audit_has_the_address_that_the_proxy_saw(site):
    person = site.scene.account.add("viewer")
    person.accept_invite()
    person.browser.session.headers["X-Forwarded-For"] = "6.6.6.6"
    start = person.browser.get(site.url(), follow=False)
    del person.browser.session.headers["X-Forwarded-For"]
    step = person.browser.get(start.headers["Location"], follow=False)
    person.browser.get(step.headers["Location"], follow=False, headers={"X-Forwarded-For": "6.6.6.6"})
    line = site.scene.account.audit(action="content.opened")[-1]
    assert line["user_guid"] == person.guid and line["address"] == "127.0.0.1"


def test_only_websocket_upgrades_pass(site, viewer):
    status, _, body = ask(
        site,
        viewer,
        ("Connection", "Upgrade, HTTP2-Settings"),
        ("Upgrade", "h2c"),
        ("HTTP2-Settings", "AAMAAABkAAQAAP__"),
    )
    assert status == 200, body
    assert headers_of(json.loads(body), "Upgrade") == []


def test_another_host_is_not_served(site, viewer):
    before = len(site.app.asked)
    for host in ("evil.example", "localhost", "127.0.0.1.evil.example"):
        assert ask(site, viewer, host=host)[0] == 421, host
    assert ask(site, viewer, host=f"{urlsplit(site.proxy.origin).netloc}, evil.example")[0] == 400
    assert len(site.app.asked) == before


def test_content_of_another_account_asks_for_a_sign_in_there(site, viewer, stage):
    other = site.server.create_account()
    publisher = other.add("publisher")
    content = other.add_content(publisher, upstream_url=site.app.origin)
    page = viewer.get(site.url("/", content))
    assert page.url.startswith(site.server.base_url + f"/accounts/{other.slug}/sign-in")
    person = other.add("viewer")
    person.accept_invite()
    echo = echoed(person.browser.get(site.url("/", content)))
    [token] = headers_of(echo, SESSION_HEADER)
    assert token != site.scene.token
    assert person.browser.get(site.url()).url.startswith(site.server.base_url + f"/accounts/{site.scene.account.slug}/")


def test_a_viewer_whose_permission_is_withdrawn_is_cut_off_at_the_next_request(site):
    publisher = site.scene.publisher
    content = site.scene.account.add_content(publisher, access_type="acl", upstream_url=site.app.origin)
    path = f"v1/content/{content['guid']}/permissions"
    body = {"principal_guid": site.scene.viewer.guid, "principal_type": "user", "role": "viewer"}
    given = publisher.api.ok("POST", path, json=body)
    browser = site.scene.viewer.browser
    assert echoed(browser.get(site.url("/", content)))["path"] == "/"
    publisher.api.ok("DELETE", f"{path}/{given['id']}")
    before = len(site.app.asked)
    assert browser.get(site.url("/", content)).status_code == 403
    assert len(site.app.asked) == before


# What the content answers.


def test_a_redirect_to_the_processs_own_address_becomes_one_to_the_content(site, viewer, app):
    prefix, other = f"/content/{site.content['guid']}", "/content/822b33ad-87c1-8f72-9c54-aa4b6cf28dfc"
    wanted = {
        "{}/there?x=1": f"{prefix}/there?x=1",
        "{}": f"{prefix}/",
        "{}?x=1": f"{prefix}/?x=1",
        "{}//x": f"{prefix}//x",
        "{}" + prefix + "/x": f"{prefix}/x",
        "there": "there",
        "?x=1": "?x=1",
        "/hello": f"{prefix}/hello",
        "/": f"{prefix}/",
        "/a?b=$1&c=%2F": f"{prefix}/a?b=$1&c=%2F",
        f"{site.proxy.origin}/hello": f"{prefix}/hello",
        # A process that does not know whether its proxy speaks TLS names the other scheme.
        f"{site.proxy.origin.replace('http:', 'https:')}/hello": f"{prefix}/hello",
        f"{site.proxy.origin.replace('http:', 'https:')}?x=1": f"{prefix}/?x=1",
        f"{prefix}/x": f"{prefix}/x",
        f"{other}/x": f"{other}/x",
        f"{other}x/y": f"{prefix}{other}x/y",
        "https://elsewhere.example/x": "https://elsewhere.example/x",
        "//elsewhere.example/x": "//elsewhere.example/x",
        "{}0/x": "{}0/x",
    }
    locations = [*wanted]

    def redirect(handler) -> None:
        _, status, number = handler.path.split("/")
        reply(handler, int(status), {"Location": locations[int(number)].format(made.origin)}, b"in its own words")

    made = app(redirect)
    for status in (302, 201):
        for number, location in enumerate(locations):
            answer = viewer.get(site.url(f"/{status}/{number}"), follow=False)
            told = answer.headers["Location"].removeprefix(site.proxy.origin)
            assert (answer.status_code, told) == (status, wanted[location].format(made.origin)), location
            assert answer.text == "in its own words"


def test_unmodified_flask_redirects_within_the_content(site, viewer, own_stage):
    flask = own_stage.keep(FlaskApp())
    site.set_upstream(flask.origin)
    try:
        assert viewer.get(site.url("/")).url == site.url("/hello")
        assert viewer.get(site.url("/folder")).url == site.url("/folder/")
        landed = viewer.post(site.url("/save"), {"x": "1"}, headers={"Origin": site.proxy.origin})
        assert (landed.url, landed.text) == (site.url("/hello?saved=1"), "hello")
    finally:
        site.set_upstream(site.app.origin)


def test_content_takes_no_hold_of_the_origin(site, viewer, app):
    headers = {"Service-Worker-Allowed": "/", "Clear-Site-Data": '"*"', "X-Accel-Redirect": "/__gatehouse_authorize"}
    app(lambda handler: reply(handler, 200, headers | {"Set-Cookie": "app=1", "X-Own": "kept"}, b"whole"))
    answer = viewer.get(site.url("/x"))
    assert answer.text == "whole" and answer.headers["X-Own"] == "kept" and "app=1" in answer.headers["Set-Cookie"]
    assert "Service-Worker-Allowed" not in answer.headers and "Clear-Site-Data" not in answer.headers
    # Other tests have the same browser.
    for cookie in [one for one in viewer.session.cookies if one.name == "app"]:
        viewer.session.cookies.clear(cookie.domain, cookie.path, cookie.name)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 502, 503])
def test_what_the_content_refuses_is_passed_on_as_it_is(site, viewer, app, status):
    app(lambda handler: reply(handler, status, {"X-Own": "yes", "WWW-Authenticate": "Basic"}, b"in its own words"))
    answer = viewer.get(site.url("/x"), follow=False)
    assert (answer.status_code, answer.text, answer.headers["X-Own"]) == (status, "in its own words", "yes")


def test_what_the_process_has_written_goes_out_at_once(site, viewer, app):
    more = threading.Event()

    def stream(handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/plain")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nfirst\r\n")
        handler.wfile.flush()
        assert more.wait(DEADLINE_SECONDS)
        handler.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")

    app(stream)
    answer = open_answer(site, viewer, path="/x")
    assert answer.read1(100) == b"first"
    more.set()
    assert answer.read() == b"second"


def test_content_that_is_down_unset_or_unknown_is_a_page_that_says_who_can_mend_it(site):
    down = site.scene.account.add_content(
        site.scene.publisher, access_type="all", upstream_url=f"http://127.0.0.1:{free_port()}"
    )
    unset = site.scene.account.add_content(site.scene.publisher, access_type="all", upstream_url=None)
    unknown = {"guid": f"{down['guid'][:-6]}{'f' * 6}"}
    assert unknown["guid"] != down["guid"]
    damaged = {"guid": down["guid"][:-1]}
    nothing = "There is no content at this address. Check the address, or ask who gave it to you."
    for status, sentence, content in [
        (502, "This content's process does not answer. Try again in a moment, or tell its publisher.", down),
        (503, "its publisher has not set an address for it yet", unset),
        (404, nothing, unknown),
        (404, nothing, damaged),
    ]:
        got = Browser().get(site.url(content=content))
        assert (got.status_code, got.headers["Content-Type"]) == (status, "text/html; charset=utf-8"), got.text
        assert sentence in got.text and "<h1>This content cannot be opened</h1>" in got.text
        assert '<a href="">Try again</a>' in got.text, "one click tries again"
        assert got.headers["Cache-Control"] == "no-store"


def test_a_process_that_is_down_and_gatehouse_that_is_down_are_told_apart(own_stage, site):
    own = Site(own_stage, next(name for name, kind in PROXIES.items() if isinstance(site.proxy, kind)))
    browser = own.scene.viewer.browser
    assert browser.get(own.url()).status_code == 200
    own.set_upstream(f"http://127.0.0.1:{free_port()}")
    down = browser.get(own.url())
    assert down.status_code == 502 and "process does not answer" in down.text
    own.server.stop()
    gone = browser.get(own.url())
    assert gone.status_code == 503 and "Gatehouse does not answer" in gone.text
    assert own.app.origin not in down.text + gone.text


def test_the_proxys_log_has_neither_tickets_nor_queries_nor_cookies(site):
    person = site.scene.account.add("viewer")
    person.accept_invite()
    content = site.scene.account.add_content(site.scene.publisher, upstream_url=site.app.origin)
    step = person.browser.get(site.url("/p?word=hidden-query", content), follow=False)
    seen = []
    while step.is_redirect:
        seen.append(urljoin(step.url, step.headers["Location"]))
        step = person.browser.get(seen[-1], follow=False)
    ticket = next(url for url in seen if "ticket=" in url).split("ticket=")[1].split("&")[0]
    cookies = person.browser.cookie_header(site.url("/", content)).split("; ")
    person.browser.get(site.url("/after", content))
    logs = wait_until(lambda: f"{content['guid']}/after" in site.proxy.logs and site.proxy.logs, "the log is written")
    for secret in [ticket, "hidden-query", *(cookie.split("=", 1)[1] for cookie in cookies)]:
        assert secret and secret not in logs


def test_what_gatehouse_did_not_say_is_nowhere(site, viewer):
    """A header of its answer that is not there is left out, not passed on under its name in a configuration."""
    add, publisher = site.scene.account.add_content, site.scene.publisher
    public = add(publisher, access_type="all", upstream_url=site.app.origin)
    private = add(publisher, access_type="acl", upstream_url=site.app.origin)
    bare = publisher.api.ok("POST", "v1/content", json={"title": "Bare", "access_type": "logged_in"})
    echo = echoed(Browser().get(site.url("/", public)))
    assert headers_of(echo, SESSION_HEADER) == [] and "{http" not in json.dumps(echo)
    newcomer = site.scene.account.add("viewer")
    newcomer.accept_invite()
    answers = [newcomer.browser.get(site.url(), follow=False)]
    while not answers[-1].headers["Location"].endswith(f"/content/{site.content['guid']}/"):
        answers.append(newcomer.browser.get(answers[-1].headers["Location"], follow=False))
    # Signed in, but not logged in at the provider: before the login page the content's own session is taken back.
    answers.append(newcomer.browser.get(site.url(), follow=False))
    assert answers[-1].status_code == 302 and "Max-Age=0" in answers[-1].headers["Set-Cookie"]
    answers += [viewer.get(site.url("/", one), follow=False) for one in (public, private, bare)]
    for answer in answers:
        assert "{" not in str(answer.headers).strip("{}") and "{http" not in answer.text, answer.headers


# Gatehouse's own origin.


@pytest.fixture(scope="module", params=PROXIES, ids=PROXIES)
def pages(stage, request):
    """A server whose pages are reached through the proxy."""
    base, content = free_port(), free_port()
    server = stage.gatehouse(start=False, content_port=content)
    server.base_url = f"http://localhost:{base}"
    server.start()
    stage.keep(PROXIES[request.param](stage.folder("proxy"), server.listen, content, base))
    return server


def test_people_sign_in_through_the_proxy_and_the_audit_has_their_address(pages):
    account = pages.create_account()
    person = account.add("viewer")
    person.accept_invite()
    browser = Browser()
    browser.session.headers["X-Forwarded-For"] = "6.6.6.6"
    form = form_with(browser.get(account.url("sign-in")), "email", "password")
    assert browser.submit(form, email=person.email, password=person.password).url == account.url()
    assert account.audit(action="user.signed_in")[-1]["address"] == "127.0.0.1"


@pytest.mark.parametrize(
    "path",
    ["/v1/gateway/authorize", "/__api__/v1/gateway/authorize", "//v1/gateway/authorize", "/v1/%67ateway/authorize",
     "/v1//gateway/authorize", "/%76%31/gateway/authorize", "/x/../v1/gateway/authorize"],
)  # fmt: skip
def test_nobody_asks_the_proxys_question_from_outside(pages, path):
    parts = urlsplit(pages.base_url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=DEADLINE_SECONDS)
    connection.request("GET", path, headers={"X-Original-URI": "/content/00000000-0000-8000-8000-000000000000/"})
    answer = connection.getresponse()
    assert answer.status == 404, answer.read()
    assert "X-Gatehouse-Location" not in answer.headers


def test_pages_under_another_host_are_not_served(pages):
    parts = urlsplit(pages.base_url)
    answer = requests.get(
        f"{pages.base_url}/healthz", headers={"Host": f"evil.example:{parts.port}"}, timeout=DEADLINE_SECONDS
    )
    assert answer.status_code == 421
    assert requests.get(f"{pages.base_url}/healthz", timeout=DEADLINE_SECONDS).json()
