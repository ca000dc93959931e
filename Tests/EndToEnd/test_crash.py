"""kill -9 between every two steps of a login and of a refresh: afterwards it works, or says why not."""

import threading

import pytest
import requests

from harness.scene import DUE_SECONDS, EXPIRED_SECONDS, due, play

LOGIN_STEPS = ["login.flow-stored", "login.flow-consumed", "login.code-answered", "login.session-stored"]
REFRESH_STEPS = ["refresh.marker-stored", "refresh.answered", "refresh.stored"]


@pytest.mark.parametrize("step", LOGIN_STEPS)
def test_a_crash_during_a_login_leaves_nothing_wrong(own_stage, step):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    server.restart(crash_at=step)
    with pytest.raises(requests.ConnectionError):
        scene.log_in()
    server.await_crash()
    server.start()
    answer = scene.exchange()
    if step == "login.session-stored":
        assert answer.status_code == 200, "what was committed is there"
        assert provider.whoami(answer.json()["access_token"]) == "vera"
    else:
        assert answer.json()["code"] == 220 and answer.json()["payload"]["reason"]
    scene.log_in()
    assert provider.whoami(scene.credentials()["access_token"]) == "vera"
    assert len(scene.sessions()) == 1


@pytest.mark.parametrize("step", LOGIN_STEPS[1:])
def test_a_callback_that_was_cut_off_cannot_be_replayed(own_stage, step):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    start = scene.viewer.start_login(scene.integration)
    callback = provider.authorize_as("vera", start.headers["Location"])
    server.restart(crash_at=step)
    with pytest.raises(requests.ConnectionError):
        scene.viewer.browser.get(callback, follow=False)
    server.await_crash()
    server.start()
    provider.reset_counters()
    again = scene.viewer.browser.get(callback, follow=False)
    assert again.status_code == 400 and "log in again" in again.text
    assert provider.counters()["token_requests"] == 0


@pytest.mark.parametrize("single_use", [False, True], ids=["reusable", "single-use"])
@pytest.mark.parametrize("step", REFRESH_STEPS)
def test_a_crash_during_a_refresh_works_or_says_why(own_stage, step, single_use):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    provider.set(
        rotate_refresh_tokens=single_use,
        single_use_refresh_tokens=single_use,
        revoke_family_on_reuse=single_use,
    )
    scene = play(server, provider)
    server.restart(clock_offset=DUE_SECONDS, crash_at=step)
    with pytest.raises(requests.ConnectionError):
        scene.exchange()
    server.await_crash()
    # Later than the old token's end: only a refresh, or an honest word, can answer.
    server.start(clock_offset=EXPIRED_SECONDS)
    answer = scene.exchange()
    if step == "refresh.answered" and single_use:
        assert answer.json()["code"] == 220, answer.text
        assert answer.json()["payload"]["reason"]
        provider.advance_clock(EXPIRED_SECONDS)
        scene.log_in()
        answer = scene.exchange()
    assert answer.status_code == 200, answer.text
    assert provider.whoami(answer.json()["access_token"]) == "vera"


def test_the_marker_is_on_disk_before_the_refresh_token_leaves(own_stage):
    """A server killed while the provider holds the request finds its marker and carries on."""
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider)
    server.restart(clock_offset=EXPIRED_SECONDS)
    provider.fault("token", "hold_before", grant="refresh_token")

    def ask() -> None:
        with pytest.raises(requests.ConnectionError):
            scene.exchange()

    asking = threading.Thread(target=ask)
    asking.start()
    provider.await_held()
    server.child.kill()
    asking.join()
    provider.clear_faults()
    provider.release()
    server.start(clock_offset=EXPIRED_SECONDS)
    answer = scene.exchange()
    assert answer.status_code == 200 or answer.json()["code"] == 220, answer.text


def test_a_token_that_was_handed_out_survives_a_kill(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    provider.set(rotate_refresh_tokens=True, single_use_refresh_tokens=True)
    scene = due(server, provider)
    token = scene.credentials()["access_token"]
    server.child.kill()
    server.start(clock_offset=DUE_SECONDS)
    provider.reset_counters()
    assert scene.credentials()["access_token"] == token
    assert provider.counters()["token_requests"] == 0
