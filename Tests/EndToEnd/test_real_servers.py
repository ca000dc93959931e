"""The whole login and the refresh against real OAuth servers: django-oauth-toolkit and canaille."""

import pytest

from harness.browser import Browser
from harness.providers import CanailleProvider, DjangoProvider

PASSPHRASE = "a-very-long-passphrase"


@pytest.fixture
def django(own_stage):
    return own_stage.keep(DjangoProvider(own_stage.folder("dot")))


@pytest.fixture
def canaille(own_stage):
    return own_stage.keep(CanailleProvider(own_stage.folder("canaille")))


class RealLogin:
    """A viewer, content and an integration for one real provider."""

    def __init__(self, server, provider, template: str, config: dict, register: dict) -> None:
        self.server, self.provider = server, provider
        account = server.create_account()
        self.publisher, self.viewer = account.add("publisher"), account.add("viewer")
        self.viewer.accept_invite()
        given = {"auth_type": "Viewer", "auth_mode": "Confidential", "client_id": provider.client_id}
        given |= {"client_secret": provider.client_secret, **config}
        given = {name: value for name, value in given.items() if value is not None}
        body = {"name": "Real", "description": "", "template": template, "config": given}
        self.integration = account.admin.api.ok("POST", "v1/oauth/integrations", json=body)
        provider.register(self.integration["redirect_uri"], **register)
        provider.add_user("vera", PASSPHRASE)
        content = account.add_content(self.publisher)
        self.token = self.viewer.session_token(content)
        account.associate(self.publisher, content, self.integration)

    def callback_url(self, browser: Browser | None = None) -> str:
        """Log in at the provider, up to the URL it sends the browser back to."""
        start = self.viewer.start_login(self.integration)
        assert start.status_code == 302, f"{start.status_code} {start.text[:2000]}"
        at_provider = browser or Browser()
        page = at_provider.get(start.headers["Location"])
        answer = self.provider.sign_in_and_allow(at_provider, page, "vera", PASSPHRASE)
        return answer.headers["Location"]

    def log_in(self) -> None:
        done = self.viewer.browser.get(self.callback_url(), follow=False)
        assert done.status_code == 302, f"{done.status_code} {done.text[:2000]}"

    def credentials(self) -> dict:
        return self.publisher.api.credentials(self.token)


@pytest.fixture
def at_django(own_stage, django):
    server = own_stage.gatehouse()
    scopes = "all-apis sql offline_access openid profile email"
    config = {"workspace_host": django.host, "scopes": scopes}
    return RealLogin(server, django, "databricks", config, {})


@pytest.fixture
def at_canaille(server, canaille):
    config = {"issuer": canaille.origin, "scopes": "openid profile email", "callback": "shared"}
    return RealLogin(server, canaille, "custom", config, {})


def whoami(provider: DjangoProvider, token: str) -> str:
    url = provider.origin + "/api/2.0/preview/scim/v2/Me"
    answer = Browser().get(url, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.json()["userName"]


def test_a_viewer_logs_in_at_django_with_pkce_and_an_id_token(at_django):
    at_django.log_in()
    assert whoami(at_django.provider, at_django.credentials()["access_token"]) == "vera"


def test_each_refresh_at_django_rotates_and_the_family_lives_on(at_django):
    at_django.log_in()
    seen = {at_django.credentials()["access_token"]}
    for hours in (1, 2, 3):
        at_django.server.restart(clock_offset=hours * 3700)
        seen.add(at_django.credentials()["access_token"])
        seen.add(at_django.credentials()["access_token"])
    assert len(seen) == 4, "one refresh an hour"
    assert whoami(at_django.provider, at_django.credentials()["access_token"]) == "vera"
    refresh_tokens = at_django.provider.control("issued")["refresh_tokens"]
    assert [bool(one["revoked"]) for one in refresh_tokens] == [True, True, True, False]


def test_a_family_that_django_ended_asks_for_a_new_login(at_django):
    at_django.log_in()
    old = at_django.provider.control("issued")["refresh_tokens"][-1]["token"]
    at_django.server.restart(clock_offset=3700)
    at_django.credentials()
    form = {"grant_type": "refresh_token", "refresh_token": old}
    client = (at_django.provider.client_id, at_django.provider.client_secret)
    stolen = Browser().post(at_django.provider.origin + "/oidc/v1/token", form, auth=client)
    assert stolen.status_code == 400, "the thief's reuse is what ends the family"
    at_django.server.restart(clock_offset=7400)
    refused = at_django.publisher.api.exchange_refused(220, at_django.token)
    assert refused["payload"]["reason"]
    at_django.server.restart()
    at_django.log_in()
    assert whoami(at_django.provider, at_django.credentials()["access_token"]) == "vera"


def test_a_custom_integration_takes_its_endpoints_from_the_issuer(at_canaille):
    config = at_canaille.integration["config"]
    assert config["issuer"] == at_canaille.provider.origin
    assert at_canaille.integration["redirect_uri"].endswith("/__oauth__/integrations/callback")
    at_canaille.log_in()
    token = at_canaille.credentials()["access_token"]
    userinfo = Browser().get(
        at_canaille.provider.origin + "/oauth/userinfo", headers={"Authorization": f"Bearer {token}"}
    )
    assert userinfo.json()["sub"] == "vera"


@pytest.mark.parametrize("forged", ["", "iss=https%3A%2F%2Fevil.example"])
def test_a_callback_whose_iss_is_missing_or_foreign_is_refused(at_canaille, forged):
    url = at_canaille.callback_url()
    base, _, query = url.partition("?")
    kept = [part for part in query.split("&") if not part.startswith("iss=")]
    assert len(kept) < len(query.split("&")), "canaille sent its iss"
    answer = at_canaille.viewer.browser.get(base + "?" + "&".join([*kept, *filter(None, [forged])]), follow=False)
    assert answer.status_code == 400
    assert at_canaille.publisher.api.exchange_refused(220, at_canaille.token)


def test_canaille_is_spoken_to_with_the_registered_client_authentication(server, canaille):
    config = {
        "issuer": canaille.origin,
        "scopes": "openid profile",
        "token_endpoint_auth_method": "client_secret_post",
    }
    register = {"token_endpoint_auth_method": "client_secret_post"}
    login = RealLogin(server, canaille, "custom", config, register)
    login.log_in()
    assert login.credentials()["access_token"]


def test_a_wrong_client_secret_is_said_and_keeps_no_session(server, canaille):
    config = {"issuer": canaille.origin, "scopes": "openid", "client_secret": "not the registered secret"}
    login = RealLogin(server, canaille, "custom", config, {})
    answer = login.viewer.browser.get(login.callback_url(), follow=False)
    assert answer.status_code == 400
    assert "not the registered secret" not in answer.text
    assert login.viewer.api.ok("GET", "v1/oauth/sessions") == []


def test_a_public_client_logs_in_with_pkce_alone(server, canaille):
    config = {"issuer": canaille.origin, "scopes": "openid", "auth_mode": "Public", "client_secret": None}
    register = {"token_endpoint_auth_method": "none", "client_secret": ""}
    login = RealLogin(server, canaille, "custom", config, register)
    login.log_in()
    assert login.credentials()["access_token"]
