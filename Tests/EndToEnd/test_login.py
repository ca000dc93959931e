"""The login flow in its ordinary course, and what it checks in the provider's answers."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from harness.browser import Browser, forms_of
from harness.scene import play


@pytest.fixture
def waiting(server, own_stage):
    """A scene before the viewer's login."""
    return play(server, own_stage.simulator("databricks"), log_in=False)


def asked_of_provider(scene) -> dict[str, str]:
    start = scene.viewer.start_login(scene.integration)
    assert start.status_code == 302
    query = urlsplit(start.headers["Location"]).query
    values = parse_qs(query, keep_blank_values=True)
    assert all(len(each) == 1 for each in values.values())
    return {name: each[0] for name, each in values.items()}


@pytest.mark.parametrize("kind", ["databricks", "snowflake"])
def test_the_authorization_request_is_as_the_standards_want_it(server, own_stage, kind):
    scene = play(server, own_stage.simulator(kind), log_in=False)
    first, second = asked_of_provider(scene), asked_of_provider(scene)
    assert first["response_type"] == "code"
    assert first["client_id"] == scene.provider.client_id
    assert first["redirect_uri"] == scene.integration["redirect_uri"]
    assert first["scope"] == scene.integration["config"]["scopes"]
    assert first["code_challenge_method"] == "S256"
    assert re.fullmatch(r"[\w-]{43}", first["code_challenge"])
    assert 43 <= len(first["state"]) <= 2048 and first["state"].isascii()
    assert first["state"] != second["state"] and first["code_challenge"] != second["code_challenge"]
    assert "client_secret" not in first
    if "openid" in first["scope"]:
        assert first["nonce"] != second["nonce"]


def test_a_login_ends_where_the_viewer_wanted_to_go(waiting):
    target = "/accounts/" + waiting.account.slug + "/?from=login"
    start = waiting.viewer.start_login(waiting.integration, redirect=target)
    callback = waiting.provider.authorize_as("vera", start.headers["Location"])
    done = waiting.viewer.browser.get(callback, follow=False)
    assert done.status_code == 302
    assert done.headers["Location"].removeprefix(waiting.server.base_url) == target
    assert waiting.viewer.browser.get(callback.split("?")[0], follow=False).status_code == 400


def test_somebody_who_is_not_signed_in_is_asked_to_first(waiting):
    path = f"/__oauth__/integrations/{waiting.integration['guid']}/login"
    page = Browser().get(waiting.server.url(path), params={"redirect": "/"})
    assert urlsplit(page.url).path == f"/accounts/{waiting.account.slug}/sign-in"
    asked = f"/accounts/{waiting.account.slug}/connections/{waiting.integration['guid']}/log-in?redirect=%2F"
    assert parse_qs(urlsplit(page.url).query)["return_to"] == [asked], "a page asks before it begins"


def test_an_iss_that_fits_is_accepted_although_none_was_promised(waiting):
    waiting.provider.set(send_iss=True)
    waiting.log_in()
    assert waiting.provider.whoami(waiting.credentials()["access_token"]) == "vera"


def test_an_id_token_of_another_issuer_is_refused(waiting):
    waiting.provider.set(issuer_override="https://evil.example/oidc")
    page = waiting.viewer.log_in_at(waiting.provider, waiting.integration, "vera")
    assert page.status_code == 400
    assert waiting.sessions() == []


def test_an_id_token_from_the_past_is_refused(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    server.restart(clock_offset=4 * 3600)
    assert scene.viewer.log_in_at(provider, scene.integration, "vera").status_code == 400
    assert scene.sessions() == []


def test_a_login_takes_no_longer_than_ten_minutes(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    start = scene.viewer.start_login(scene.integration)
    callback = provider.authorize_as("vera", start.headers["Location"])
    server.restart(clock_offset=660)
    assert scene.viewer.browser.get(callback, follow=False).status_code == 400
    assert provider.counters()["token_requests"] == 0


def test_a_second_login_replaces_the_first(waiting):
    waiting.log_in()
    first = waiting.credentials()["access_token"]
    waiting.provider.add_user("other")
    waiting.viewer.log_in_at(waiting.provider, waiting.integration, "other")
    assert len(waiting.sessions()) == 1
    assert waiting.credentials()["access_token"] != first
    assert waiting.provider.whoami(waiting.credentials()["access_token"]) == "other"


def test_logging_out_ends_the_session(waiting):
    waiting.log_in()
    waiting.credentials()
    path = f"/__oauth__/integrations/{waiting.integration['guid']}/logout"
    page = waiting.viewer.browser.get(waiting.server.url(path))
    forms = [form for form in forms_of(page) if form.action.endswith("/logout")]
    if waiting.sessions():
        assert forms, "a page asks before it ends the session"
        waiting.viewer.browser.submit(forms[0])
    assert waiting.sessions() == []
    waiting.refused(220)


def test_the_home_page_shows_the_connection_and_where_to_log_in(waiting):
    path = f"/__oauth__/integrations/{waiting.integration['guid']}"
    before = waiting.viewer.browser.get(waiting.account.url()).text
    assert waiting.integration["name"] in before and path + "/login" in before
    waiting.log_in()
    after = waiting.viewer.browser.get(waiting.account.url()).text
    assert path + "/logout" in after
