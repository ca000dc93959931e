"""The real OAuth servers behave as the other tests rely on: PKCE, rotation, reuse, `iss`, client authentication."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from harness.browser import Browser, form_with
from harness.providers import CanailleProvider, DjangoProvider, pkce
from harness.waiting import DEADLINE_SECONDS

CALLBACK = "http://localhost:1/v1/integrations/callback"


@pytest.fixture(scope="module")
def django(stage):
    provider = stage.keep(DjangoProvider(stage.folder("dot")))
    provider.register(CALLBACK)
    provider.add_user("vera", "a-very-long-passphrase")
    return provider


@pytest.fixture(scope="module")
def canaille(stage):
    provider = stage.keep(CanailleProvider(stage.folder("canaille")))
    provider.register(CALLBACK)
    provider.add_user("vera", "a-very-long-passphrase")
    return provider


def code_of(provider, authorize: str, scope: str, challenge: str | None) -> dict[str, str]:
    browser = Browser()
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": CALLBACK,
        "scope": scope,
        "state": "s-1",
    }
    if challenge:
        asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    page = browser.get(provider.origin + authorize, params=asked)
    answer = provider.sign_in_and_allow(browser, page, "vera", "a-very-long-passphrase")
    location = answer.headers["Location"]
    assert location.startswith(CALLBACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def token(provider, path: str, auth: bool = True, **form: str) -> requests.Response:
    credentials = (provider.client_id, provider.client_secret) if auth else None
    return requests.post(provider.origin + path, data=form, auth=credentials, timeout=DEADLINE_SECONDS)


def exchange(provider, path: str, code: str, verifier: str, auth: bool = True) -> requests.Response:
    return token(
        provider,
        path,
        auth,
        grant_type="authorization_code",
        code=code,
        redirect_uri=CALLBACK,
        code_verifier=verifier,
    )


def test_django_gives_tokens_for_the_right_verifier_only(django):
    verifier, challenge = pkce()
    code = code_of(django, "/oidc/v1/authorize", "all-apis openid", challenge)["code"]
    refused = exchange(django, "/oidc/v1/token", code, pkce()[0])
    assert refused.status_code == 400
    code = code_of(django, "/oidc/v1/authorize", "all-apis openid", challenge)["code"]
    granted = exchange(django, "/oidc/v1/token", code, verifier).json()
    assert granted["token_type"] == "Bearer"
    assert granted["id_token"].count(".") == 2


def test_django_refuses_a_request_without_pkce(django):
    browser = Browser()
    query = f"response_type=code&client_id={django.client_id}&redirect_uri={CALLBACK}&scope=sql"
    page = browser.get(f"{django.origin}/oidc/v1/authorize?{query}")
    answer = browser.submit(
        form_with(page, "username"),
        follow=False,
        username="vera",
        password="a-very-long-passphrase",
    )
    asked = browser.get(django.origin + answer.headers["Location"], follow=False)
    assert "error=invalid_request" in asked.headers["Location"]
    assert "code=" not in asked.headers["Location"].replace("code_challenge", "")


def test_django_rotates_and_ends_the_family_on_reuse(django):
    verifier, challenge = pkce()
    code = code_of(django, "/oidc/v1/authorize", "all-apis offline_access", challenge)["code"]
    first = exchange(django, "/oidc/v1/token", code, verifier).json()
    path, grant = "/oidc/v1/token", "refresh_token"
    second = token(django, path, grant_type=grant, refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    reused = token(django, path, grant_type=grant, refresh_token=first["refresh_token"])
    assert reused.json()["error"] == "invalid_grant"
    dead = token(django, path, grant_type=grant, refresh_token=second["refresh_token"])
    assert dead.json()["error"] == "invalid_grant"


def test_canaille_sends_and_advertises_its_issuer(canaille):
    metadata = requests.get(
        canaille.origin + "/.well-known/oauth-authorization-server", timeout=DEADLINE_SECONDS
    ).json()
    assert metadata["issuer"] == canaille.origin
    assert metadata["authorization_response_iss_parameter_supported"] is True
    verifier, challenge = pkce()
    answer = code_of(canaille, "/oauth/authorize", "openid profile", challenge)
    assert answer["iss"] == canaille.origin
    granted = exchange(canaille, "/oauth/token", answer["code"], verifier).json()
    assert granted["access_token"] and granted["refresh_token"]
    again = token(canaille, "/oauth/token", grant_type="refresh_token", refresh_token=granted["refresh_token"])
    assert again.status_code == 200


def test_canaille_enforces_the_clients_auth_method(canaille):
    verifier, challenge = pkce()
    code = code_of(canaille, "/oauth/authorize", "openid", challenge)["code"]
    in_body = token(
        canaille,
        "/oauth/token",
        auth=False,
        grant_type="authorization_code",
        code=code,
        redirect_uri=CALLBACK,
        code_verifier=verifier,
        client_id=canaille.client_id,
        client_secret=canaille.client_secret,
    )
    assert in_body.status_code in (400, 401)
    assert in_body.json()["error"] == "invalid_client"


def test_canaille_refuses_a_wrong_verifier(canaille):
    _, challenge = pkce()
    code = code_of(canaille, "/oauth/authorize", "openid", challenge)["code"]
    assert exchange(canaille, "/oauth/token", code, pkce()[0]).status_code == 400
