"""Mix-up between two custom integrations (RFC 9700, 4.4): an attacker's server in the middle of an honest login."""

from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from harness.listener import Listener


def custom(account, **config) -> dict:
    config = {"client_id": "client", "client_secret": "secret", "scopes": "all-apis offline_access", **config}
    body = {"name": "Custom", "description": "", "template": "custom", "config": config}
    return account.admin.api.ok("POST", "v1/oauth/integrations", json=body)


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def test_a_code_for_an_honest_server_never_reaches_an_endpoint_typed_for_another(own_stage):
    """The attacker is admin of one account and viewer in the other; the victim logs in at the attacker's."""
    server, honest = own_stage.gatehouse(), own_stage.simulator("databricks")
    evil = own_stage.keep(Listener({"error": "invalid_grant"}, 400))
    for username in ("vera", "mallory"):
        honest.add_user(username)
    attackers, other = server.create_account(), server.create_account()
    victim, mallory = attackers.add("viewer"), other.add("viewer")
    victim.accept_invite()
    mallory.accept_invite()
    endpoints = {
        "authorization_uri": honest.origin + "/oidc/v1/authorize",
        "token_uri": honest.origin + "/oidc/v1/token",
        "client_id": honest.client_id,
        "client_secret": honest.client_secret,
    }
    target = custom(other, **endpoints)
    honest.register(target["redirect_uri"])
    trap = custom(attackers, authorization_uri=evil.origin + "/authorize", token_uri=evil.origin + "/token")
    assert trap["redirect_uri"] != target["redirect_uri"]

    begun = mallory.start_login(target).headers["Location"]
    trapped = query_of(victim.start_login(trap).headers["Location"])
    # The attacker's server sends the victim on to the honest one, with mallory's request and the victim's state.
    forged = begun.split("?")[0] + "?" + urlencode({**query_of(begun), "state": trapped["state"]})
    back = honest.authorize_as("vera", forged)
    answer = victim.browser.get(back, follow=False)
    assert answer.status_code == 400 and evil.asked == []
    assert honest.counters()["code_grants"] == 0


def test_a_shared_callback_is_refused_where_nothing_tells_servers_apart(server):
    account = server.create_account()
    config = {
        "authorization_uri": "https://idp.example.com/a",
        "token_uri": "https://idp.example.com/t",
        "client_id": "x",
        "client_secret": "y",
        "callback": "shared",
    }
    body = {"name": "Custom", "description": "", "template": "custom", "config": config}
    answer = account.admin.api("POST", "v1/oauth/integrations", json=body)
    assert answer.status_code == 400 and answer.json()["payload"]["field"] == "callback"


def test_an_answer_that_names_its_server_is_refused_where_none_is_expected(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    provider.set(send_iss=True)
    provider.add_user("vera")
    account = server.create_account()
    viewer = account.add("viewer")
    viewer.accept_invite()
    integration = custom(
        account,
        authorization_uri=provider.origin + "/oidc/v1/authorize",
        token_uri=provider.origin + "/oidc/v1/token",
        client_id=provider.client_id,
        client_secret=provider.client_secret,
    )
    provider.register(integration["redirect_uri"])
    back = provider.authorize_as("vera", viewer.start_login(integration).headers["Location"])
    assert parse_qs(urlsplit(back).query)["iss"]
    answer = viewer.browser.get(back, follow=False)
    assert answer.status_code == 400 and "iss" in answer.text
    assert provider.counters()["code_grants"] == 0
