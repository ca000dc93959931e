"""A provider that fails: what is kept, what is said, and that nothing is presented twice blindly."""

import pytest

from harness.scene import EXPIRED_SECONDS, due, expired, play


@pytest.fixture
def due_scene(own_stage):
    """A scene whose access token is due for a refresh, yet valid, on a server of its own."""
    return due(own_stage.gatehouse(), own_stage.simulator("databricks"))


@pytest.fixture
def ended(own_stage):
    """A scene whose access token has ended, on a server of its own."""
    return expired(own_stage.gatehouse(), own_stage.simulator("databricks"))


FAULTS = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "rate_limit", "retry_after": 7},
    {"kind": "html"},
    {"kind": "malformed_json"},
    {"kind": "empty"},
    {"kind": "too_large"},
    {"kind": "drop_before"},
]


def name_of(fault: dict) -> str:
    return "-".join(str(value) for value in fault.values())


@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
def test_while_the_old_token_is_valid_it_is_served(due_scene, fault):
    due_scene.provider.fault("token", times=50, **fault)
    answer = due_scene.exchange()
    assert answer.status_code == 200, answer.text
    assert due_scene.provider.whoami(answer.json()["access_token"]) in ("vera", None)
    assert answer.json()["expires_in"] <= 120
    assert due_scene.sessions()[0]["has_refresh_token"]


@pytest.mark.parametrize("fault", FAULTS, ids=name_of)
def test_an_expired_token_and_a_failing_provider_are_219_and_the_session_survives(ended, fault):
    ended.provider.fault("token", times=50, **fault)
    error = ended.refused(219)
    assert error["payload"]["integration_guid"] == ended.integration["guid"]
    assert error["payload"]["reason"]
    ended.provider.clear_faults()
    # The back-off must not be waited for: a later server, with the clock further on, tries again.
    ended.server.restart(clock_offset=EXPIRED_SECONDS + 900)
    assert ended.provider.whoami(ended.credentials()["access_token"]) == "vera"


def test_a_failing_provider_is_left_alone_by_the_circuit(ended):
    ended.provider.fault("token", "status", times=500, status=503)
    for _ in range(30):
        ended.refused(219)
    assert ended.provider.counters()["token_requests"] <= 10, "backed off instead of hammering"


def test_a_wrong_client_secret_keeps_the_tokens_and_tells_the_admin(ended):
    ended.provider.register(ended.integration["redirect_uri"])  # The same client, the same secret: still works.
    right, ended.provider.client_secret = ended.provider.client_secret, "another secret entirely"
    ended.provider.register(ended.integration["redirect_uri"])
    error = ended.refused(219)
    assert "another secret entirely" not in str(error)
    assert ended.sessions()[0]["has_refresh_token"], "invalid_client never drops tokens"
    ended.provider.client_secret = right
    ended.provider.register(ended.integration["redirect_uri"])
    ended.server.restart(clock_offset=EXPIRED_SECONDS + 900)
    assert ended.credentials()["access_token"]


def test_an_answer_without_a_refresh_token_keeps_the_old_one(due_scene):
    due_scene.provider.set(omit_refresh_token_on_refresh=True, rotate_refresh_tokens=False)
    due_scene.provider.set(single_use_refresh_tokens=False)
    tokens = {due_scene.credentials()["access_token"]}
    due_scene.server.restart(clock_offset=2 * EXPIRED_SECONDS)
    tokens.add(due_scene.credentials()["access_token"])
    assert len(tokens) == 2 and due_scene.provider.counters()["refresh_grants"] == 2
    assert due_scene.sessions()[0]["has_refresh_token"] is True


ROTATING = {"rotate_refresh_tokens": True, "single_use_refresh_tokens": True, "revoke_family_on_reuse": True}


def test_a_lost_answer_is_not_retried_while_the_old_token_is_valid(due_scene):
    due_scene.provider.set(**ROTATING)
    due_scene.provider.fault("token", "drop_after", times=1, grant="refresh_token")
    tokens = {due_scene.credentials()["access_token"] for _ in range(5)}
    assert len(tokens) == 1
    assert due_scene.provider.counters()["token_requests"] == 1


def test_a_lost_answer_after_a_rotation_ends_in_a_login_that_says_why(ended):
    """The provider rotated and closed the connection: the refresh token is spent, and only a login helps."""
    ended.provider.set(**ROTATING)
    ended.provider.fault("token", "drop_after", times=1, grant="refresh_token")
    ended.refused(219)
    assert ended.provider.counters()["token_requests"] == 1
    ended.server.restart(clock_offset=EXPIRED_SECONDS + 900)
    assert ended.refused(220)["payload"]["reason"]
    ended.server.restart()
    ended.log_in()
    assert ended.provider.whoami(ended.credentials()["access_token"]) == "vera"


def test_a_lost_answer_without_a_rotation_heals_by_itself(ended):
    ended.provider.set(rotate_refresh_tokens=False, single_use_refresh_tokens=False)
    ended.provider.fault("token", "drop_after", times=1, grant="refresh_token")
    ended.refused(219)
    ended.server.restart(clock_offset=EXPIRED_SECONDS + 900)
    assert ended.provider.whoami(ended.credentials()["access_token"]) == "vera"


@pytest.mark.parametrize(
    "setting",
    [
        {"include_expires_in": "string"},
        {"scope_as_array": True},
        {"form_encoded_answers": True},
    ],
    ids=str,
)
def test_answers_as_they_come_in_the_wild_are_understood(server, own_stage, setting):
    provider = own_stage.simulator("databricks")
    provider.set(**setting)
    scene = play(server, provider)
    credentials = scene.credentials()
    assert 3000 < credentials["expires_in"] <= 3600
    assert provider.whoami(credentials["access_token"]) == "vera"


def test_an_error_with_status_200_is_an_error(ended):
    ended.provider.set(error_with_200=True)
    ended.provider.revoke("vera")
    ended.refused(220)


@pytest.mark.parametrize("fault", FAULTS[:5], ids=name_of)
def test_a_provider_that_fails_during_a_login_ends_on_a_page_that_says_so(own_stage, fault):
    provider = own_stage.simulator("databricks")
    scene = play(own_stage.gatehouse(), provider, log_in=False)
    provider.fault("token", **fault)
    page = scene.viewer.log_in_at(provider, scene.integration, "vera")
    assert page.status_code == 400 and page.headers["Content-Type"].startswith("text/html")
    assert f"/__oauth__/integrations/{scene.integration['guid']}/login" in page.text, "how to try again"
    assert scene.sessions() == []
    scene.log_in()
    assert scene.credentials()["access_token"]


def test_a_denied_login_ends_on_a_page_that_says_so(server, own_stage):
    provider = own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    start = scene.viewer.start_login(scene.integration)
    state = start.headers["Location"].split("state=")[1].split("&")[0]
    callback = f"{scene.integration['redirect_uri']}?error=access_denied&error_description=%3Cscript%3E&state={state}"
    page = scene.viewer.browser.get(callback, follow=False)
    assert page.status_code == 400 and "<script>" not in page.text
    assert "/login" in page.text
    assert provider.counters()["token_requests"] == 0
