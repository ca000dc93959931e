"""Clocks that are set and processes that are paused: nothing is thrown away for it, and nobody waits for it."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.account import CONTENT_SESSION_TOKEN
from harness.scene import LIFETIME_SECONDS, play

HOUR = 3600
# How long a call to a provider may take: a pause must be longer.
CALL_SECONDS = 20


@pytest.fixture
def scene(own_stage):
    provider = own_stage.simulator()
    provider.set(access_token_seconds=LIFETIME_SECONDS)
    return play(own_stage.gatehouse(movable_clock=True), provider)


def test_a_circuit_does_not_wait_for_a_clock_that_was_set_back(scene):
    """It is open for a second or so, and not for an hour more."""
    publisher = scene.account.add("publisher")
    content = scene.account.add_content(publisher, scene.account.add_service_account(scene.provider))
    scene.provider.fault("token", "status", times=100, status=503)

    def refused() -> int:
        token = publisher.content_session_token(content)
        answer = publisher.api.exchange(token, subject_token_type=CONTENT_SESSION_TOKEN)
        assert (answer.status_code, answer.json()["code"]) == (400, 241), answer.text
        return int(answer.headers["Retry-After"])

    assert refused() <= 60
    scene.server.set_clock(-HOUR)
    assert refused() <= 60


def test_a_lifetime_is_never_longer_than_the_provider_said(scene):
    before = scene.credentials()
    asked = scene.provider.counters()["refresh_grants"]
    scene.server.set_clock(-HOUR)
    # The old one says that it was made in an hour from now.
    scene.token = scene.viewer.session_token(scene.content)
    after = scene.credentials()
    assert after["expires_in"] <= LIFETIME_SECONDS
    assert after["access_token"] != before["access_token"], "nobody knows how old that one is"
    assert scene.provider.counters()["refresh_grants"] == asked + 1
    assert scene.credentials()["access_token"] == after["access_token"]


def test_a_clock_that_was_set_back_a_little_lengthens_no_lifetime(scene):
    """By so little that the token is handed out as before: it ends no later than the provider said."""
    before = scene.credentials()
    scene.server.set_clock(-45)
    after = scene.credentials()
    assert after["access_token"] == before["access_token"]
    assert after["expires_in"] <= LIFETIME_SECONDS


def test_a_demand_is_counted_by_a_clock_that_only_moves_forward(scene):
    """Who asks again within half a minute gets the same token, whatever the wall clock says."""
    first = scene.credentials(headers={"Cache-Control": "no-cache"})
    scene.server.set_clock(45)
    again = scene.credentials(headers={"Cache-Control": "no-cache"})
    assert again["access_token"] == first["access_token"]


@pytest.mark.timeout(180)
def test_an_answer_that_came_during_a_pause_is_not_thrown_away(scene):
    """The provider answers while the whole server is stopped for longer than a call may take."""
    viewer, provider, server = scene.account.add("viewer"), scene.provider, scene.server.child.process
    viewer.accept_invite()
    provider.add_user("walt")
    start = viewer.start_login(scene.integration)
    back = provider.sign_in(viewer.browser, viewer.browser.get(start.headers["Location"]), "walt")
    provider.fault("token", "hold_after")
    with ThreadPoolExecutor(1) as threads:
        callback = threads.submit(lambda: viewer.browser.get(back.headers["Location"], follow=False))
        provider.await_held()
        server.send_signal(signal.SIGSTOP)
        try:
            provider.release()
            threading.Event().wait(CALL_SECONDS + 4)
        finally:
            server.send_signal(signal.SIGCONT)
        answer = callback.result()
    assert answer.status_code == 302, answer.text
    assert [session["has_refresh_token"] for session in viewer.api.ok("GET", "v1/oauth/sessions")] == [True]
