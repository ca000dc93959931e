"""Tokens that nobody needs any more are revoked at the provider (RFC 7009): in the background, until it is done."""

import pytest

from harness.scene import play
from harness.waiting import wait_until


@pytest.fixture
def scene(server, own_stage):
    """A viewer who is logged in at a provider with a revocation endpoint."""
    return play(server, own_stage.simulator("generic"))


@pytest.fixture
def own_scene(own_stage):
    """The same on a server that the test may restart and kill."""
    return play(own_stage.gatehouse(), own_stage.simulator("generic"))


def await_revoked(provider, *tokens: str) -> None:
    def all_revoked() -> bool:
        return all(provider.token_state(token)["revoked"] for token in tokens)

    wait_until(all_revoked, "the provider has revoked the tokens")


def log_out(scene) -> None:
    path = f"/__oauth__/integrations/{scene.integration['guid']}/logout"
    page = scene.viewer.browser.get(scene.server.url(path), follow=False)
    assert page.status_code == 302, f"{page.status_code} {page.text[:2000]}"


def delete_session(scene) -> None:
    [session] = scene.sessions()
    scene.viewer.api.ok("DELETE", f"v1/oauth/sessions/{session['guid']}")


def delete_integration(scene) -> None:
    scene.account.admin.api.ok("DELETE", f"v1/oauth/integrations/{scene.integration['guid']}")


def repoint_integration(scene) -> None:
    config = {"client_id": "another-client", "client_secret": "its secret of some length"}
    path = f"v1/oauth/integrations/{scene.integration['guid']}"
    scene.account.admin.api.ok("PATCH", path, json={"config": config})


ENDINGS = [log_out, delete_session, delete_integration, repoint_integration]


def name_of(ending) -> str:
    return ending.__name__.replace("_", "-")


@pytest.mark.parametrize("ending", ENDINGS, ids=name_of)
def test_what_ends_a_session_revokes_its_tokens(scene, ending):
    access = scene.credentials()["access_token"]
    [refresh] = scene.provider.refresh_tokens()
    ending(scene)
    await_revoked(scene.provider, refresh, access)
    assert scene.provider.whoami(access) is None
    given_back = scene.provider.revocations()
    assert given_back[0]["token"] == refresh, "the refresh token first: it outlives the other"
    assert given_back[0]["token_type_hint"] == "refresh_token"
    assert given_back[0]["client_id"] == scene.provider.client_id, "as the client that it was issued to"
    assert len(given_back) <= 2


def test_deleting_an_integration_revokes_for_every_viewer(scene):
    other = scene.account.add("viewer")
    other.accept_invite()
    scene.provider.add_user("otto")
    other.log_in_at(scene.provider, scene.integration, "otto")
    tokens = scene.provider.refresh_tokens(live=True)
    assert len(tokens) == 2
    delete_integration(scene)
    await_revoked(scene.provider, *tokens)


def test_an_administrator_ends_a_viewers_session_and_it_is_revoked(scene):
    [session] = scene.sessions()
    scene.account.admin.api.ok("DELETE", f"v1/oauth/sessions/{session['guid']}")
    await_revoked(scene.provider, *scene.provider.refresh_tokens())


def test_only_the_session_that_ended_is_revoked(scene):
    other = scene.account.add("viewer")
    other.accept_invite()
    scene.provider.add_user("otto")
    mine = scene.provider.refresh_tokens()
    other.log_in_at(scene.provider, scene.integration, "otto")
    [theirs] = [one for one in scene.provider.refresh_tokens() if one not in mine]
    log_out(scene)
    await_revoked(scene.provider, *mine)
    assert scene.provider.token_state(theirs)["live"]


def test_a_typed_revocation_address_is_used_too(server, own_stage):
    provider = own_stage.simulator("generic")
    config = {name: f"{provider.issuer}/{end}" for name, end in (("token_uri", "token"), ("revocation_uri", "revoke"))}
    config["authorization_uri"] = provider.issuer + "/authorize"
    scene = play(server, provider, issuer=None, **config)
    log_out(scene)
    await_revoked(provider, *provider.refresh_tokens())


def test_a_provider_without_revocation_is_not_asked(server, own_stage):
    provider = own_stage.simulator("generic")
    provider.set(offer_revocation=False)
    scene = play(server, provider)
    log_out(scene)
    assert scene.sessions() == []
    # Something that comes later and is revoked shows that the first had its turn.
    other = own_stage.simulator("generic")
    later = play(server, other, account=scene.account)
    log_out(later)
    await_revoked(other, *other.refresh_tokens())
    assert provider.counters()["revocation_requests"] == 0


# Retry.


def later(scene, times: int) -> None:
    """Restart with the clock further on until the provider was asked so often: back-off is not waited for."""
    for offset in (0, 120, 900, 3 * 3600, 8 * 3600):
        if scene.provider.counters()["revocation_requests"] >= times:
            return
        asked = scene.provider.counters()["revocation_requests"]
        scene.server.restart(clock_offset=offset)
        wait_until(lambda asked=asked: scene.provider.counters()["revocation_requests"] > asked, "another attempt")


@pytest.mark.parametrize("fault", ["status", "rate_limit", "drop_before", "html"])
def test_a_provider_that_fails_is_asked_again(own_scene, fault):
    provider = own_scene.provider
    tokens = provider.refresh_tokens()
    provider.fault("revoke", fault, times=2, **({} if fault in ("status", "rate_limit") else {"status": 503}))
    log_out(own_scene)
    wait_until(lambda: provider.counters()["revocation_requests"] >= 1, "a first attempt")
    assert own_scene.sessions() == [], "the session is gone whatever the provider does"
    later(own_scene, 3)
    await_revoked(provider, *tokens)


def test_a_lost_answer_does_no_harm(own_scene):
    own_scene.provider.fault("revoke", "drop_after", times=1)
    log_out(own_scene)
    await_revoked(own_scene.provider, *own_scene.provider.refresh_tokens())
    later(own_scene, 2)


@pytest.mark.parametrize("ending", ENDINGS, ids=name_of)
def test_nobody_waits_for_a_provider_that_hangs(own_scene, ending):
    provider = own_scene.provider
    tokens = provider.refresh_tokens()
    provider.fault("revoke", "hold_before")
    ending(own_scene)
    provider.await_held()
    # While it hangs, people go on working.
    assert own_scene.account.admin.api("GET", "v1/user").status_code == 200
    provider.release()
    await_revoked(provider, *tokens)
    wait_until(lambda: revoked_events(own_scene), "the audit tells of it")
    # Where somebody had waited until the server gave up, it would have had to ask for the same token again.
    given_back = [one["token"] for one in provider.revocations()]
    assert len(given_back) == len(set(given_back)), "nobody waited"


def test_a_hanging_provider_does_not_hold_up_the_others(own_scene, own_stage):
    other = play(own_scene.server, own_stage.simulator("generic"))
    own_scene.provider.fault("revoke", "hang")
    log_out(own_scene)
    own_scene.provider.await_held()
    log_out(other)
    await_revoked(other.provider, *other.provider.refresh_tokens())
    own_scene.provider.release()


def test_a_login_meanwhile_keeps_its_own_tokens(own_scene):
    provider = own_scene.provider
    old = provider.refresh_tokens()
    provider.fault("revoke", "hold_before")
    log_out(own_scene)
    provider.await_held()
    own_scene.log_in()
    provider.release()
    await_revoked(provider, *old)
    [fresh] = [one for one in provider.refresh_tokens() if one not in old]
    assert provider.token_state(fresh)["live"]
    assert provider.whoami(own_scene.credentials()["access_token"]) == "vera"


# kill -9.


@pytest.mark.parametrize("ending", ENDINGS, ids=name_of)
def test_what_was_promised_survives_a_kill(own_scene, ending):
    tokens = own_scene.provider.refresh_tokens()
    own_scene.provider.fault("revoke", "status", times=100, status=503)
    ending(own_scene)
    own_scene.server.child.kill()
    own_scene.provider.clear_faults()
    own_scene.server.start(clock_offset=600)
    await_revoked(own_scene.provider, *tokens)


def test_a_kill_while_the_provider_is_asked_asks_again(own_scene):
    tokens = own_scene.provider.refresh_tokens()
    own_scene.provider.fault("revoke", "hold_before")
    log_out(own_scene)
    own_scene.provider.await_held()
    own_scene.server.child.kill()
    own_scene.provider.fault("revoke", "hold_before")
    own_scene.server.start(clock_offset=600)
    own_scene.provider.await_held(2)
    own_scene.provider.release()
    await_revoked(own_scene.provider, *tokens)


def test_a_revocation_that_is_done_is_not_done_again(own_scene):
    log_out(own_scene)
    await_revoked(own_scene.provider, *own_scene.provider.refresh_tokens())
    wait_until(lambda: revoked_events(own_scene), "the audit tells of it")
    asked = own_scene.provider.counters()["revocation_requests"]
    own_scene.server.restart(clock_offset=3600)
    # Another revocation shows that the errands had their turn since the start.
    other = play(own_scene.server, own_scene.provider, account=own_scene.account, username="otto")
    log_out(other)
    await_revoked(own_scene.provider, *own_scene.provider.refresh_tokens())
    wait_until(lambda: len(revoked_events(own_scene)) >= 2, "the audit tells of the second")
    assert own_scene.provider.counters()["revocation_requests"] <= asked + 2


def revoked_events(scene) -> list[dict]:
    page = scene.account.admin.api.ok("GET", "v1/audit_logs", params={"action": "session.revoked"})
    return page["results"]


def test_the_audit_says_what_became_of_it_and_no_secret(own_scene):
    own_scene.credentials()
    log_out(own_scene)
    [event, *_] = wait_until(lambda: revoked_events(own_scene), "the audit tells of it")
    assert event["outcome"] == "success" and event["integration_guid"] == own_scene.integration["guid"]
    issued = own_scene.provider.issued()
    for secret in issued["access_tokens"] + issued["refresh_tokens"] + issued["client_secrets"]:
        assert secret not in str(event) and secret not in own_scene.server.logs
