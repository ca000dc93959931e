"""Content behind real proxies, each with its configuration of deploy/."""

import json

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from harness.account import SESSION_HEADER
from harness.browser import Browser, form_with, forms_of
from harness.site import PROXIES, EchoSocket, Site, echoed, headers_of, raw_get
from harness.waiting import DEADLINE_SECONDS


@pytest.fixture(scope="module", params=PROXIES, ids=PROXIES)
def site(stage, request) -> Site:
    return Site(stage, request.param)


@pytest.fixture
def viewer(site):
    """The viewer's browser, which has opened the content once."""
    answer = site.scene.viewer.browser.get(site.url())
    assert answer.status_code == 200 and answer.json()["path"] == "/", answer.text
    return site.scene.viewer.browser


def test_a_stranger_is_led_through_sign_in_to_where_they_were_headed(site):
    browser = Browser()
    first = browser.get(site.url("/page?x=1&y=a%2Fb"), follow=False)
    assert first.status_code == 302
    page = browser.get(first.headers["Location"])
    assert page.url.startswith(site.server.base_url + f"/accounts/{site.scene.account.slug}/sign-in")
    form = form_with(page, "email", "password")
    landed = browser.submit(form, email=site.scene.viewer.email, password=site.scene.viewer.password)
    assert landed.url == site.url("/page?x=1&y=a%2Fb")
    assert echoed(landed)["path"] == "/page?x=1&y=a%2Fb"


def test_the_content_gets_the_viewers_session_token(site, viewer):
    [token] = headers_of(echoed(viewer.get(site.url())), SESSION_HEADER)
    credentials = site.scene.publisher.api.credentials(token)
    assert site.scene.provider.whoami(credentials["access_token"]) == "vera"


def test_a_viewer_who_must_log_in_at_the_provider_is_led_there_and_back(site):
    person = site.scene.account.add("viewer")
    person.accept_invite()
    site.scene.provider.add_user("wanda")
    page = person.browser.get(site.url("/deep/link?q=1"))
    path = f"content/{site.content['guid']}/log-in"
    assert page.url.startswith(site.scene.account.url(path)), page.url
    landed = person.log_in_for_content(site.scene.provider, page, "wanda")
    assert landed.url == site.url("/deep/link?q=1")
    [token] = headers_of(echoed(landed), SESSION_HEADER)
    assert site.scene.provider.whoami(site.scene.publisher.api.credentials(token)["access_token"]) == "wanda"


def test_headers_that_the_client_made_up_do_not_reach_the_content(site, viewer):
    spoofed = {
        SESSION_HEADER: "spoofed",
        "posit-connect-user-session-token": "spoofed",
        "Posit_Connect_User_Session_Token": "spoofed",
        "Posit-Connect-Content-Session-Token": "spoofed",
        "RStudio-Connect-Credentials": "spoofed",
        "X-Gatehouse-Upstream": "http://127.0.0.1:1",
        "X-Forwarded-Prefix": "/spoofed",
        "X-Original-URI": "/content/spoofed/",
    }
    echo = echoed(viewer.get(site.url(), headers=spoofed))
    assert len(headers_of(echo, SESSION_HEADER)) == 1
    connectish = [pair for pair in echo["headers"] if "connect" in pair[0].lower() and pair[0] != "Connection"]
    assert "spoofed" not in json.dumps(connectish)
    assert headers_of(echo, "X-Forwarded-Prefix") == [f"/content/{site.content['guid']}"]


def test_a_spoofed_header_without_a_sign_in_is_worth_nothing(site):
    token = site.scene.token
    answer = Browser().get(site.url(), follow=False, headers={SESSION_HEADER: token})
    assert answer.status_code == 302


def test_gatehouses_cookies_do_not_reach_the_content_and_the_apps_own_do(site, viewer):
    viewer.session.cookies.set("app", "kept", domain="127.0.0.1", path="/")
    viewer.session.cookies.set("gatehouse-nonce-planted", "x", domain="127.0.0.1", path="/")
    echo = echoed(viewer.get(site.url()))
    cookies = "; ".join(headers_of(echo, "Cookie"))
    assert "app=kept" in cookies and "gatehouse" not in cookies


def test_the_cookie_of_one_content_does_not_open_another(site, viewer):
    publisher = site.scene.account.add("publisher")
    private = site.scene.account.add_content(publisher, access_type="acl", upstream_url=site.app.origin)
    cookies = viewer.cookie_header(site.url())
    assert "gatehouse-content" in cookies
    stolen = requests.get(
        site.url("/", private), headers={"Cookie": cookies}, allow_redirects=False, timeout=DEADLINE_SECONDS
    )
    assert stolen.status_code == 401
    renamed = cookies.replace(site.content["guid"], private["guid"])
    again = requests.get(
        site.url("/", private), headers={"Cookie": renamed}, allow_redirects=False, timeout=DEADLINE_SECONDS
    )
    assert again.status_code == 401


def test_who_may_not_view_is_told_so(site):
    publisher = site.scene.account.add("publisher")
    private = site.scene.account.add_content(publisher, access_type="acl", upstream_url=site.app.origin)
    refused = site.scene.viewer.browser.get(site.url("/", private))
    assert refused.status_code == 403
    # What a browser's window asks for ends on a page, with a way back, and not in a circle.
    window = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    page = site.scene.viewer.browser.get(site.url("/", private), headers=window)
    assert page.status_code == 403 and page.url.startswith(site.scene.account.url(f"content/{private['guid']}/log-in"))
    assert f"You may not open this content: ask its owner, {publisher.email}." in page.text
    assert "My connections" in page.text
    body = {"principal_guid": site.scene.viewer.guid, "principal_type": "user", "role": "viewer"}
    publisher.api.ok("POST", f"v1/content/{private['guid']}/permissions", json=body)
    assert echoed(site.scene.viewer.browser.get(site.url("/", private)))["path"] == "/"


def test_unknown_content_and_content_without_an_upstream_are_told_apart(site, viewer):
    guid = site.content["guid"]
    unknown = {"guid": guid[:-4] + ("0000" if not guid.endswith("0000") else "1111")}
    assert viewer.get(site.url("/", unknown)).status_code == 404
    bare = site.scene.publisher.api.ok("POST", "v1/content", json={"title": "Bare", "access_type": "logged_in"})
    assert viewer.get(site.url("/", bare)).status_code == 503


@pytest.mark.parametrize("rest", ["/a%2Fb/c%20d", "/a//b", "/a;v=1/@x", "/?q=%2e%2e%2f&r=1", "/%E2%98%83?x=%E2%98%83"])
def test_encoded_paths_and_queries_arrive_as_they_were_sent(site, viewer, rest):
    status, body = raw_get(viewer, site.url(rest))
    assert status == 200 and json.loads(body)["path"] == rest


@pytest.mark.parametrize("rest", ["/../x", "/%2e%2e/x", "/a/%2e%2e/%2e%2e/%2e%2e/v1/user", "/..%2f..%2fv1/user"])
def test_a_path_that_climbs_out_reaches_no_other_content(site, viewer, rest):
    before = len(site.app.asked)
    assert raw_get(viewer, site.url(rest))[0] == 400
    assert len(site.app.asked) == before


def test_a_post_arrives_whole(site, viewer):
    body = b"x" * 300_000
    echo = echoed(viewer.post(site.url("/save?a=1"), body, headers={"Content-Type": "text/plain"}))
    assert (echo["method"], echo["path"], len(echo["body"])) == ("POST", "/save?a=1", 300_000)


def test_a_websocket_passes_both_ways_with_the_session_token(site, viewer, own_stage):
    echo = own_stage.keep(EchoSocket())
    site.set_upstream(echo.origin)
    try:
        cookie = viewer.cookie_header(site.url())
        url = site.url("/ws?x=1").replace("http://", "ws://")
        spoof = {"Cookie": cookie, SESSION_HEADER: "spoofed"}
        with connect(url, additional_headers=spoof, proxy=None) as socket:
            for message in ("hello", "again"):
                socket.send(message)
                answer = json.loads(socket.recv(timeout=DEADLINE_SECONDS))
                assert answer["message"] == message and answer["path"] == "/ws?x=1"
            [token] = headers_of(answer, SESSION_HEADER)
            assert site.scene.publisher.api.credentials(token)["access_token"]
            assert "gatehouse" not in "".join(headers_of(answer, "Cookie"))
        with pytest.raises(InvalidStatus):
            connect(url, proxy=None)
    finally:
        site.set_upstream(site.app.origin)


def test_a_locked_viewer_is_cut_off_at_the_next_request(site):
    person = site.scene.account.add("viewer")
    person.accept_invite()
    content = site.scene.account.add_content(site.scene.publisher, upstream_url=site.app.origin)
    assert person.browser.get(site.url("/", content)).status_code == 200
    before = len(site.app.asked)
    site.server.command("user", "lock", site.scene.account.slug, person.email)
    answer = person.browser.get(site.url("/", content), follow=False)
    assert answer.status_code == 302
    assert len(site.app.asked) == before
    site.server.command("user", "lock", site.scene.account.slug, person.email, "--unlock")


def test_signing_out_closes_the_content_too(site):
    person = site.scene.account.add("viewer")
    person.accept_invite()
    content = site.scene.account.add_content(site.scene.publisher, upstream_url=site.app.origin)
    assert person.browser.get(site.url("/", content)).status_code == 200
    page = person.browser.get(site.scene.account.url())
    person.browser.submit(next(form for form in forms_of(page) if form.action.endswith("/sign-out")))
    assert person.browser.get(site.url("/", content), follow=False).status_code == 302


def test_who_signs_in_over_somebody_else_takes_the_open_content_along(site):
    first, vera = site.scene.account.add("viewer"), site.scene.viewer
    stale = form_with(first.browser.get(site.scene.account.url("sign-in")), "email", "password")
    first.accept_invite()
    assert "/log-in" in first.browser.get(site.url()).url, "the content is open, as somebody who must log in"
    first.browser.submit(stale, email=vera.email, password=vera.password)
    landed = first.browser.get(site.url())
    assert landed.url == site.url(), "and not led from one to the other for ever"
    [token] = headers_of(echoed(landed), SESSION_HEADER)
    assert site.scene.provider.whoami(site.scene.publisher.api.credentials(token)["access_token"]) == "vera"


def test_a_session_at_content_without_one_at_the_pages_is_nobodys_way_in(site):
    first, vera = site.scene.account.add("viewer"), site.scene.viewer
    first.accept_invite()
    assert "/log-in" in first.browser.get(site.url()).url, "the content is open, as somebody who must log in"
    for cookie in list(first.browser.session.cookies):
        if not cookie.name.startswith("gatehouse-content-"):
            first.browser.session.cookies.clear(cookie.domain, cookie.path, cookie.name)
    vera.sign_in(first.browser)
    landed = first.browser.get(site.url())
    assert landed.url == site.url(), "and not led from one to the other for ever"
    [token] = headers_of(echoed(landed), SESSION_HEADER)
    assert site.scene.provider.whoami(site.scene.publisher.api.credentials(token)["access_token"]) == "vera"


def test_a_ticket_works_once_and_only_in_its_own_browser(site):
    person = site.scene.account.add("viewer")
    person.accept_invite()
    content = site.scene.account.add_content(site.scene.publisher, upstream_url=site.app.origin)
    start = person.browser.get(site.url("/", content), follow=False)
    step = person.browser.get(start.headers["Location"], follow=False)
    while "__gatehouse__" not in step.headers["Location"]:
        step = person.browser.get(step.headers["Location"], follow=False)
    ticket = step.headers["Location"]
    # Another browser, in which the attacker wants the victim to be signed in as the attacker.
    stolen = Browser()
    stolen.get(site.url("/", content), follow=False)
    stolen.get(ticket, follow=False)
    assert stolen.get(site.url("/", content), follow=False).status_code == 302
    person.browser.get(ticket, follow=False)
    replay = Browser()
    for cookie in person.browser.session.cookies:
        if cookie.name.startswith("gatehouse-nonce"):
            replay.session.cookies.set_cookie(cookie)
    replay.get(ticket, follow=False)
    assert replay.get(site.url("/", content), follow=False).status_code == 302


def test_an_upstream_must_be_loopback_or_allowed(site):
    path = f"v1/content/{site.content['guid']}"
    for bad in (
        "http://10.0.0.1:80",
        "http://169.254.169.254",
        "http://example.org",
        "ftp://127.0.0.1",
        "x",
        "file:///",
    ):
        answer = site.scene.publisher.api("PATCH", path, json={"upstream_url": bad})
        assert answer.status_code == 400, f"{bad}: {answer.text}"
    assert site.scene.publisher.api.ok("GET", path)["upstream_url"].rstrip("/") == site.app.origin


def test_the_gateway_reads_traefiks_and_caddys_header_too(site, viewer):
    uri = f"/content/{site.content['guid']}/x?y=1"
    cookie = viewer.cookie_header(site.url())
    answer = site.server.get("/v1/gateway/authorize", headers={"X-Forwarded-Uri": uri, "Cookie": cookie})
    assert answer.status_code == 200 and answer.headers["X-Gatehouse-Upstream"].rstrip("/") == site.app.origin


def test_two_different_addresses_of_one_request_are_not_believed(site, viewer):
    mine, other = f"/content/{site.content['guid']}/x", "/content/822b33ad-87c1-8f72-9c54-aa4b6cf28dfc/x"
    headers = {"X-Forwarded-Uri": other, "X-Original-URI": mine, "Cookie": viewer.cookie_header(site.url())}
    assert site.server.get("/v1/gateway/authorize", headers=headers).status_code == 404


# Windows are led through the sign-in, and scripts are told where it is.

SCRIPTS = {
    "a fetch": ("GET", {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}),
    "a post": ("POST", {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin", "Accept": "*/*"}),
    "a WebSocket": ("GET", {"Sec-Fetch-Mode": "websocket", "Sec-Fetch-Site": "same-origin"}),
    "an older browser's fetch": ("GET", {"Accept": "application/json, */*"}),
    "an older browser's post": ("POST", {"Accept": "text/html"}),
    "a program": ("PUT", {"Accept": None}),
}


@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_script_is_told_where_to_sign_in(site, kind):
    method, headers = SCRIPTS[kind]
    browser = Browser()
    answer = browser.session.request(
        method, site.url("/api?x=1"), headers=headers, allow_redirects=False, timeout=DEADLINE_SECONDS
    )
    assert answer.status_code == 401, answer.text
    assert not {"Location", "Set-Cookie", "X-Gatehouse-Location", "X-Gatehouse-Body"} & {*answer.headers}
    assert answer.headers["Content-Type"] == "application/json" and answer.headers["Cache-Control"] == "no-store"
    error = answer.json()
    assert (error["code"], [*error["payload"]]) == (24, ["login_url"]) and "Sign in" in error["error"]
    page = browser.get(error["payload"]["login_url"])
    form = form_with(page, "email", "password")
    landed = browser.submit(form, email=site.scene.viewer.email, password=site.scene.viewer.password)
    assert landed.url == site.url() and echoed(landed)["path"] == "/"


def test_a_script_of_a_viewer_who_must_log_in_is_told_where(site):
    person = site.scene.account.add("viewer")
    person.accept_invite()
    site.scene.provider.add_user("wilma")
    page = person.browser.get(site.url())
    assert person.log_in_for_content(site.scene.provider, page, "wilma").url == site.url()
    for session in person.api.ok("GET", "v1/oauth/sessions"):
        person.api.ok("DELETE", f"v1/oauth/sessions/{session['guid']}")
    before = person.browser.cookie_header(site.url())
    answer = person.browser.get(site.url("/api"), follow=False, headers={"Accept": "*/*"})
    assert answer.status_code == 401 and "Set-Cookie" not in answer.headers
    assert person.browser.cookie_header(site.url()) == before
    login = answer.json()["payload"]["login_url"]
    assert login.startswith(site.scene.account.url(f"content/{site.content['guid']}/log-in"))
    landed = person.log_in_for_content(site.scene.provider, person.browser.get(login), "wilma")
    assert landed.url == site.url()


WINDOWS = {
    "a link": ("GET", {"Sec-Fetch-Mode": "navigate", "Accept": "*/*"}),
    "a form": ("POST", {"Sec-Fetch-Mode": "navigate", "Accept": "*/*"}),
    "an older browser": ("GET", {"Accept": "application/xml;q=0.9, Text/HTML ;q=1"}),
    "a look before": ("HEAD", {"Accept": "text/html"}),
}


@pytest.mark.parametrize("kind", WINDOWS)
def test_a_window_is_led_to_the_sign_in(site, kind):
    method, headers = WINDOWS[kind]
    answer = Browser().session.request(
        method, site.url("/page"), headers=headers, allow_redirects=False, timeout=DEADLINE_SECONDS
    )
    assert answer.status_code == 302 and "/gateway/sign-in?" in answer.headers["Location"]
    assert answer.headers["Set-Cookie"].startswith("gatehouse-nonce-")
    assert "Max-Age=86400" in answer.headers["Set-Cookie"], "a tab may stay at the sign-in page"


def test_the_gateway_gives_a_script_neither_an_address_to_go_to_nor_a_cookie(site):
    asked = {"X-Original-URI": f"/content/{site.content['guid']}/", "Accept": "*/*"}
    answer = site.server.get("/v1/gateway/authorize", headers=asked)
    assert answer.status_code == 401 and answer.headers["X-Gatehouse-Body"] == answer.text
    assert "X-Gatehouse-Location" not in answer.headers and "Set-Cookie" not in answer.headers


# Tabs: one browser, several requests at once.


def sign_in_from(site, browser: Browser, location: str) -> requests.Response:
    form = form_with(browser.get(location), "email", "password")
    return browser.submit(form, email=site.scene.viewer.email, password=site.scene.viewer.password)


def test_two_tabs_that_sign_in_both_arrive(site):
    browser = Browser()
    first = browser.get(site.url("/first"), follow=False)
    second = browser.get(site.url("/second"), follow=False)
    # What the page of a third tab asks meanwhile.
    browser.get(site.url("/poll"), follow=False, headers={"Accept": "*/*"})
    browser.get(site.url("/socket"), follow=False, headers={"Sec-Fetch-Mode": "websocket"})
    assert echoed(sign_in_from(site, browser, first.headers["Location"]))["path"] == "/first"
    assert echoed(browser.get(second.headers["Location"]))["path"] == "/second"
    assert echoed(browser.get(first.headers["Location"]))["path"] == "/first", "whoever goes back arrives too"


def test_two_tabs_that_both_sign_in_by_the_form_arrive(site):
    browser = Browser()
    starts = [browser.get(site.url(rest), follow=False).headers["Location"] for rest in ("/first", "/second")]
    forms = [form_with(browser.get(start), "email", "password") for start in starts]
    person = site.scene.viewer
    for form, rest in zip(forms, ("/first", "/second"), strict=True):
        assert echoed(browser.submit(form, email=person.email, password=person.password))["path"] == rest


def test_tabs_that_are_restored_at_once_all_arrive(site):
    """Each asks before the answer to another one, with its cookie, has come."""
    browser = Browser()
    starts = []
    for rest in ("/first", "/second", "/third"):
        for cookie in [one for one in browser.session.cookies if one.name.startswith("gatehouse-nonce-")]:
            browser.session.cookies.clear(cookie.domain, cookie.path, cookie.name)
        starts.append(browser.get(site.url(rest), follow=False).headers["Location"])
    assert len(set(starts)) == 3
    site.scene.viewer.sign_in(browser)
    for start, rest in zip(starts, ("/first", "/second", "/third"), strict=True):
        assert echoed(browser.get(start))["path"] == rest


def test_a_used_ticket_leads_a_browser_that_has_been_let_in_to_the_content(site):
    browser = Browser()
    site.scene.viewer.sign_in(browser)
    step = browser.get(site.url("/page"), follow=False)
    while "__gatehouse__" not in step.headers["Location"]:
        step = browser.get(step.headers["Location"], follow=False)
    ticket = step.headers["Location"]
    for _ in range(2):
        assert echoed(browser.get(ticket))["path"] == "/page"
    for cookie in [one for one in browser.session.cookies if one.name.startswith("gatehouse-nonce-")]:
        browser.session.cookies.clear(cookie.domain, cookie.path, cookie.name)
    assert echoed(browser.get(ticket))["path"] == "/page"
    # Who has nothing to be let in by is told so, and not led round in circles.
    stale = Browser()
    for cookie in browser.session.cookies:
        if cookie.path.startswith("/content/"):
            stale.session.cookies.set(cookie.name, "stale", domain=cookie.domain, path=cookie.path)
    assert len(stale.session.cookies) == 1
    for stranger in (Browser(), stale):
        refused = stranger.get(ticket)
        assert refused.status_code == 400 and "This link works once" in refused.text
