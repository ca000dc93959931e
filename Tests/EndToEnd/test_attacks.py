"""Attacks on the login: in each the attacker gets nothing."""

from urllib.parse import parse_qs, quote, urljoin, urlsplit

import pytest
import requests

from harness.browser import Browser, form_with, forms_of
from harness.listener import Listener
from harness.scene import play
from harness.waiting import DEADLINE_SECONDS


@pytest.fixture
def waiting(server, own_stage):
    """A scene before the viewer's login."""
    return play(server, own_stage.simulator("databricks"), log_in=False)


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def callback_of(person, scene, username: str = "vera") -> str:
    """A login up to the provider's redirect: the URL with code and state that the browser has not opened yet."""
    start = person.start_login(scene.integration)
    assert start.status_code == 302
    return scene.provider.authorize_as(username, start.headers["Location"])


def custom(account, evil: Listener, **config) -> dict:
    """An integration whose endpoints a tenant typed in: the attacker's own server."""
    given = {
        "auth_type": "Viewer",
        "auth_mode": "Confidential",
        "authorization_uri": evil.origin + "/authorize",
        "token_uri": evil.origin + "/token",
        "client_id": "evil-client",
        "client_secret": "evil secret",
        "scopes": "everything",
        **config,
    }
    body = {"name": "Evil", "description": "", "template": "custom", "config": given}
    return account.admin.api.ok("POST", "v1/oauth/integrations", json=body)


def assert_nothing_was_given(scene) -> None:
    assert scene.sessions() == []
    assert scene.provider.counters()["code_grants"] == 0
    scene.refused(220)


# Mix-up (RFC 9700, 4.4).


def test_a_vendor_code_is_never_delivered_to_an_endpoint_that_a_tenant_typed(waiting, own_stage):
    evil = own_stage.keep(Listener({"access_token": "x", "token_type": "Bearer"}))
    bad = custom(waiting.account, evil)
    assert urlsplit(bad["redirect_uri"]).path != urlsplit(waiting.integration["redirect_uri"]).path
    # The viewer starts at the attacker's server, which sends the browser on to the honest provider.
    start = waiting.viewer.start_login(bad)
    assert start.headers["Location"].startswith(evil.origin)
    state = query_of(start.headers["Location"])["state"]
    honest = waiting.viewer.start_login(waiting.integration).headers["Location"]
    swapped = honest.replace(quote(query_of(honest)["state"], safe=""), quote(state, safe=""))
    assert query_of(swapped)["state"] == state
    callback = waiting.provider.authorize_as("vera", swapped)
    assert query_of(callback)["code"] and query_of(callback)["state"] == state
    answer = waiting.viewer.browser.get(callback, follow=False)
    assert answer.status_code == 400
    assert [one for one in evil.asked if one.path.startswith("/token")] == []
    assert_nothing_was_given(waiting)


def test_a_code_at_the_wrong_ones_own_callback_is_refused(waiting, own_stage):
    evil = own_stage.keep(Listener({"access_token": "x", "token_type": "Bearer"}))
    first = custom(waiting.account, evil, callback="own")
    second = custom(waiting.account, evil, callback="own")
    assert first["guid"] in first["redirect_uri"] and first["redirect_uri"] != second["redirect_uri"]
    state = query_of(waiting.viewer.start_login(first).headers["Location"])["state"]
    answer = waiting.viewer.browser.get(f"{second['redirect_uri']}?code=abc&state={quote(state)}", follow=False)
    assert answer.status_code == 400
    assert evil.asked == []


def test_changing_the_host_needs_the_secret_again_and_ends_the_sessions(scene, own_stage):
    other = own_stage.simulator("databricks")
    path = f"v1/oauth/integrations/{scene.integration['guid']}"
    admin = scene.account.admin.api
    for config in ({"workspace_host": other.host}, {"client_id": "another-client"}):
        refused = admin("PATCH", path, json={"config": config})
        assert refused.status_code == 400 and refused.json()["code"] == 229, refused.text
    assert scene.exchange().status_code == 200
    config = {"workspace_host": other.host, "client_secret": "given again"}
    admin.ok("PATCH", path, json={"config": config})
    scene.refused(220)
    assert scene.sessions() == []
    assert other.counters()["token_requests"] == 0


def test_a_flow_started_before_a_change_cannot_be_finished_after_it(waiting):
    callback = callback_of(waiting.viewer, waiting)
    path = f"v1/oauth/integrations/{waiting.integration['guid']}"
    change = {"config": {"client_secret": "new secret", "client_id": "new-client"}}
    waiting.account.admin.api.ok("PATCH", path, json=change)
    answer = waiting.viewer.browser.get(callback, follow=False)
    assert answer.status_code == 400
    assert_nothing_was_given(waiting)


# Login CSRF, and states and codes in the wrong hands.


def test_a_victim_who_opens_the_attackers_callback_is_not_logged_in_as_the_attacker(waiting):
    waiting.provider.add_user("mallory")
    attacker = waiting.account.add("viewer")
    attacker.accept_invite()
    callback = callback_of(attacker, waiting, "mallory")
    answer = waiting.viewer.browser.get(callback, follow=False)
    assert answer.status_code == 400
    assert_nothing_was_given(waiting)
    assert attacker.api.ok("GET", "v1/oauth/sessions") == []


def test_a_state_in_another_browser_of_the_same_user_is_refused(waiting):
    callback = callback_of(waiting.viewer, waiting)
    elsewhere = Browser()
    waiting.viewer.sign_in(elsewhere)
    assert elsewhere.get(callback, follow=False).status_code == 400
    assert_nothing_was_given(waiting)


def test_a_cookie_planted_under_the_flows_name_is_refused(waiting):
    """The name follows from the state, which the attacker knows; what the cookie must hold does not."""
    callback = callback_of(waiting.viewer, waiting)
    (name,) = waiting.viewer.browser.cookies_named("gatehouse-login-")
    elsewhere = Browser()
    waiting.viewer.sign_in(elsewhere)
    cookies = elsewhere.cookie_header(waiting.server.url("/")) + f"; {name}=planted"
    answer = requests.get(callback, headers={"Cookie": cookies}, allow_redirects=False, timeout=DEADLINE_SECONDS)
    assert answer.status_code == 400
    assert_nothing_was_given(waiting)


def test_a_flow_that_one_user_began_is_not_anothers_in_the_same_browser(waiting):
    other = waiting.account.add("viewer")
    other.accept_invite()
    callback = callback_of(waiting.viewer, waiting)
    browser = waiting.viewer.browser
    browser.submit(form_with(browser.get(waiting.account.url()), "csrf_token"))
    other.sign_in(browser)
    answer = browser.get(callback, follow=False)
    assert answer.status_code == 400 and "another user" in answer.text
    assert_nothing_was_given(waiting)


def test_a_state_in_a_browser_that_is_not_signed_in_is_refused(waiting):
    callback = callback_of(waiting.viewer, waiting)
    answer = Browser().get(callback, follow=False)
    assert answer.status_code == 400
    assert_nothing_was_given(waiting)


def test_a_callback_after_signing_out_is_refused(waiting):
    callback = callback_of(waiting.viewer, waiting)
    page = waiting.viewer.browser.get(waiting.account.url())
    form = next(form for form in forms_of(page) if form.action.endswith("/sign-out"))
    waiting.viewer.browser.submit(form)
    waiting.viewer.browser.get(callback, follow=False)
    assert_nothing_was_given(waiting)


def test_a_replayed_callback_is_refused(waiting):
    callback = callback_of(waiting.viewer, waiting)
    assert waiting.viewer.browser.get(callback, follow=False).status_code == 302
    before = waiting.sessions()
    again = waiting.viewer.browser.get(callback, follow=False)
    assert again.status_code == 400
    assert waiting.provider.counters()["code_grants"] == 1
    assert waiting.sessions() == before
    assert waiting.exchange().status_code == 200


@pytest.mark.parametrize("name", ["state", "code", "iss"])
def test_a_duplicated_parameter_is_refused(waiting, name):
    callback = callback_of(waiting.viewer, waiting)
    value = query_of(callback).get(name, "x")
    for doubled in (f"{callback}&{name}={quote(value)}&{name}=other", f"{callback}&{name}={quote(value)}"):
        if name == "iss" and doubled.count("iss=") < 2:
            continue
        answer = waiting.viewer.browser.get(doubled, follow=False)
        assert answer.status_code == 400
    assert_nothing_was_given(waiting)


def test_a_state_that_was_made_up_is_refused(waiting):
    callback = callback_of(waiting.viewer, waiting)
    state = query_of(callback)["state"]
    other = state[:-1] + ("A" if state[-1] != "A" else "B")
    for forged in (other, state[:10], "", "x" * 3000, state + "x", "%00"):
        url = callback.replace(quote(state, safe=""), quote(forged, safe=""))
        assert waiting.viewer.browser.get(url, follow=False).status_code == 400
    assert_nothing_was_given(waiting)


def test_a_wrong_iss_is_refused_even_where_none_was_promised(waiting):
    callback = callback_of(waiting.viewer, waiting)
    answer = waiting.viewer.browser.get(callback + "&iss=https%3A%2F%2Fevil.example", follow=False)
    assert answer.status_code == 400
    assert_nothing_was_given(waiting)


# Open redirects.

EVIL_PATHS = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "\t//evil.example/",
    " //evil.example",
    "/\n/evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "https:evil.example",
    "http:///evil.example",
    "/..//evil.example/",
    "/.//evil.example/",
    "/x\r\nSet-Cookie: planted=1",
    "evil.example",
    "@evil.example",
]


def assert_stays_here(server, answer) -> None:
    assert "planted" not in answer.cookies
    if not answer.is_redirect:
        return
    # A browser reads a backslash as a slash, and drops tabs and line breaks.
    raw = answer.headers["Location"].replace("\\", "/")
    assert raw.startswith(server.base_url + "/") or (raw.startswith("/") and not raw.startswith("//")), raw
    assert urljoin(server.base_url + "/", raw).startswith(server.base_url + "/"), raw
    assert not any(character in raw for character in "\t\r\n"), raw


@pytest.mark.parametrize("evil", EVIL_PATHS, ids=repr)
def test_a_login_returns_only_within_this_server(server, own_stage, shared_waiting, evil):
    scene = shared_waiting
    start = scene.viewer.start_login(scene.integration, redirect=evil)
    if start.status_code == 302 and start.headers["Location"].startswith(scene.provider.origin):
        callback = scene.provider.authorize_as("vera", start.headers["Location"])
        assert_stays_here(server, scene.viewer.browser.get(callback, follow=False))
    else:
        assert start.status_code == 400


@pytest.fixture(scope="module")
def shared_waiting(server, stage):
    return play(server, stage.simulator("databricks"), log_in=False)


@pytest.mark.parametrize("evil", EVIL_PATHS, ids=repr)
def test_sign_in_returns_only_within_this_server(server, shared_waiting, evil):
    scene, browser = shared_waiting, Browser()
    page = browser.get(scene.account.url("sign-in"), params={"return_to": evil})
    if page.status_code == 400:
        return
    typed = {"email": scene.viewer.email, "password": scene.viewer.password, "return_to": evil}
    answer = browser.submit(form_with(page, "email"), follow=False, **typed)
    assert answer.status_code == 303
    assert_stays_here(server, answer)


@pytest.mark.parametrize("evil", EVIL_PATHS, ids=repr)
def test_logout_returns_only_within_this_server(server, shared_waiting, evil):
    path = f"/__oauth__/integrations/{shared_waiting.integration['guid']}/logout"
    answer = shared_waiting.viewer.browser.get(server.url(path), follow=False, params={"redirect": evil})
    assert_stays_here(server, answer)


@pytest.fixture
def two_sources(server, stage):
    """A viewer who is logged in to two data sources, with the addresses that log out of them."""
    scene = play(server, stage.simulator("databricks"))
    names = ("auth_type", "workspace_host", "client_id", "scopes")
    config = {name: scene.integration["config"][name] for name in names}
    secret = scene.provider.client_secret
    second = scene.account.integrate("databricks", "Second", client_secret=secret, **config)
    scene.viewer.log_in_at(scene.provider, second, "vera")
    addresses = [f"/__oauth__/integrations/{one['guid']}/logout" for one in (scene.integration, second)]
    return scene, addresses


def in_its_own_words(path: str, kind: str) -> str:
    encoded = "/%5f%5foauth__" + path.removeprefix("/__oauth__")
    return {"plain": path, "encoded": encoded, "behind a question mark": f"{path}?redirect=/"}[kind]


@pytest.mark.parametrize("kind", ["plain", "encoded", "behind a question mark"])
def test_a_sign_in_that_another_site_began_logs_nobody_out_of_a_data_source(two_sources, kind):
    scene, (target, _) = two_sources
    browser = Browser()
    page = browser.get(scene.account.url("sign-in"), params={"return_to": in_its_own_words(target, kind)})
    typed = {"email": scene.viewer.email, "password": scene.viewer.password}
    landed = browser.submit(form_with(page, "email"), **typed)
    assert "My connections" in landed.text and len(scene.sessions()) == 2


def test_a_sign_in_that_another_site_began_ends_before_the_provider(two_sources):
    scene, (target, _) = two_sources
    login = target.replace("/logout", "/login")
    for path in (scene.account.url(f"sign-in?return_to={quote(login, safe='')}"), scene.server.url(login)):
        browser = Browser()
        typed = {"email": scene.viewer.email, "password": scene.viewer.password}
        landed = browser.submit(form_with(browser.get(path), "email"), **typed)
        assert landed.url.startswith(scene.account.url()), "a page of ours asks first, or nothing is begun"


def test_logging_out_of_one_data_source_leads_to_no_log_out_of_another(two_sources):
    scene, (first, second) = two_sources
    url = scene.server.url(first)
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    asked = scene.viewer.browser.get(url, params={"redirect": second}, headers=foreign)
    assert asked.status_code == 400
    asked = scene.viewer.browser.get(url, headers=foreign)
    form = form_with(asked, "return_to")
    landed = scene.viewer.browser.submit(form, return_to=second)
    assert landed.status_code == 200 and len(scene.sessions()) == 1


def test_flows_of_one_person_do_not_fill_the_disk(shared_waiting):
    scene = shared_waiting
    before = [scene.viewer.start_login(scene.integration).headers["Location"] for _ in range(2)]
    for _ in range(49):
        scene.viewer.start_login(scene.integration, redirect="/" + "a" * 2000)
    oldest, kept = (scene.viewer.browser.get(scene.provider.authorize_as("vera", one), follow=False) for one in before)
    assert oldest.status_code == 400 and kept.status_code == 302
