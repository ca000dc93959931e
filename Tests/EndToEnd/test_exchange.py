"""The exchange: one refresh however many callers, margins, and every refusal with its code."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.scene import EXPIRED_SECONDS, due, play

SLACK_SECONDS = 240
"""What a test may take from the login on and still be before a moment that it looks at."""


@pytest.fixture
def due_scene(own_stage):
    return due(own_stage.gatehouse(), own_stage.simulator("databricks"))


def many(scene, count: int = 200) -> list:
    with ThreadPoolExecutor(count) as pool:
        return [one.result() for one in [pool.submit(scene.exchange) for _ in range(count)]]


@pytest.mark.parametrize("kind", ["databricks", "snowflake"])
def test_200_exchanges_at_once_on_an_expired_token_are_one_refresh(own_stage, kind):
    server, provider = own_stage.gatehouse(), own_stage.simulator(kind)
    provider.set(single_use_refresh_tokens=True, revoke_family_on_reuse=True)
    scene = play(server, provider)
    old = scene.credentials()["access_token"]
    server.restart(clock_offset=EXPIRED_SECONDS)
    provider.advance_clock(EXPIRED_SECONDS)
    provider.reset_counters()
    answers = many(scene)
    assert {answer.status_code for answer in answers} == {200}
    tokens = {answer.json()["access_token"] for answer in answers}
    assert len(tokens) == 1 and tokens != {old}
    assert provider.counters()["refresh_grants"] == 1
    assert provider.whoami(tokens.pop()) == scene.username


def test_200_exchanges_wait_for_one_slow_refresh(due_scene):
    due_scene.provider.fault("token", "hold_after", grant="refresh_token")
    with ThreadPoolExecutor(200) as pool:
        waiting = [pool.submit(due_scene.exchange) for _ in range(200)]
        due_scene.provider.await_held()
        due_scene.provider.release()
        tokens = {one.result().json()["access_token"] for one in waiting}
    counters = due_scene.provider.counters()
    assert counters["refresh_grants"] == counters["token_requests"] == 1
    assert due_scene.provider.whoami(due_scene.credentials()["access_token"]) == "vera"
    assert due_scene.credentials()["access_token"] in tokens


def test_the_same_token_repeats_while_it_is_fresh(scene):
    scene.provider.reset_counters()
    tokens = {scene.credentials()["access_token"] for _ in range(20)}
    assert len(tokens) == 1
    assert scene.provider.counters()["token_requests"] == 0


def test_a_databricks_token_is_refreshed_within_five_minutes_of_its_end(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider)
    first = scene.credentials()["access_token"]
    server.restart(clock_offset=3600 - 5 * 60 - SLACK_SECONDS)
    assert scene.credentials()["access_token"] == first, "more than the margin is left"
    server.restart(clock_offset=3600 - 5 * 60 + 30)
    assert scene.credentials()["access_token"] != first, "less than the margin is left"


def test_a_snowflake_token_is_never_refreshed_early(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("snowflake")
    scene = play(server, provider)
    first = scene.credentials()["access_token"]
    server.restart(clock_offset=600 - 60 - SLACK_SECONDS)
    assert scene.credentials()["access_token"] == first
    server.restart(clock_offset=600 - 60 + 30)
    assert scene.credentials()["access_token"] != first


def test_no_cache_forces_one_refresh_and_is_limited_in_rate(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider)
    first = scene.credentials()["access_token"]
    server.restart(clock_offset=300)
    provider.reset_counters()
    forced = scene.exchange(headers={"Cache-Control": "no-cache"}).json()["access_token"]
    assert forced != first
    assert scene.credentials()["access_token"] == forced
    for _ in range(5):
        again = scene.exchange(headers={"Cache-Control": "no-cache"})
        assert again.json()["access_token"] == forced
    assert provider.counters()["refresh_grants"] == 1


def test_the_answer_of_the_exchange_is_never_cached(scene):
    answer = scene.exchange()
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"].startswith("application/json")
    assert set(answer.json()) == {"access_token", "issued_token_type", "token_type", "expires_in"}


# Refusals, by code.


def test_content_without_an_association_is_212(server, scene):
    lonely = scene.account.add_content(scene.publisher)
    token = scene.viewer.session_token(lonely)
    scene.publisher.api.exchange_refused(212, token)


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        (213, {"grant_type": "authorization_code"}),
        (213, {"grant_type": None}),
        (214, {"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}),
        (214, {"subject_token_type": None}),
        (242, {"requested_token_type": "urn:ietf:params:oauth:token-type:saml2"}),
    ],
)
def test_a_parameter_that_does_not_fit_has_its_code(scene, code, changed):
    scene.refused(code, **changed)


def test_a_form_that_is_missing_unreadable_or_empty_has_its_code(scene):
    path = "v1/oauth/integrations/credentials"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    json = {"Content-Type": "application/json"}
    for body, headers, code in ((b"", form, 213), (b"%zz=%", form, 211), (b"{}", json, 210)):
        answer = scene.publisher.api("POST", path, data=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


# Of which server a token says it is: after the prefix, the version and the kind, in base64.
SERVER_MARK = range(7, 12)


def test_a_session_token_that_was_altered_is_215_and_one_that_names_another_server_216(scene):
    for index in range(0, len(scene.token), max(1, len(scene.token) // 24)):
        other = "A" if scene.token[index] != "A" else "B"
        altered = scene.token[:index] + other + scene.token[index + 1 :]
        answer = scene.publisher.api.exchange(altered)
        code = 216 if index in SERVER_MARK else 215
        assert (answer.status_code, answer.json()["code"]) == (400, code), f"at {index}: {answer.text}"
    for nonsense in ("", "x", scene.token[:-1], scene.token + "A", "a.b.c", "\N{SNOWMAN}", "A" * 5000):
        answer = scene.publisher.api.exchange(nonsense)
        assert answer.status_code == 400 and answer.json()["code"] == 215, answer.text


def test_a_locked_viewer_is_217_and_unlocked_works_again(scene):
    scene.credentials()
    scene.server.command("user", "lock", scene.account.slug, scene.viewer.email)
    scene.refused(217)
    scene.server.command("user", "lock", scene.account.slug, scene.viewer.email, "--unlock")
    scene.credentials()


def test_a_viewer_locked_through_the_api_is_cut_off_at_once(scene):
    scene.credentials()
    path = f"v1/users/{scene.viewer.guid}/lock"
    scene.account.admin.api.ok("POST", path, json={"locked": True})
    scene.refused(217)


def test_a_viewer_who_has_not_logged_in_is_220_with_where_to_go(server, own_stage):
    scene = play(server, own_stage.simulator("databricks"), log_in=False)
    payload = scene.refused(220)["payload"]
    assert payload["integration_guid"] == scene.integration["guid"]
    assert payload["reason"]
    login = payload["login_url"]
    assert login.startswith(server.base_url + f"/__oauth__/integrations/{scene.integration['guid']}/login")


def test_a_revoked_grant_is_220_and_says_why(due_scene):
    due_scene.provider.revoke("vera")
    assert due_scene.refused(220)["payload"]["reason"]
    requests = due_scene.provider.counters()["token_requests"]
    due_scene.refused(220)
    assert due_scene.provider.counters()["token_requests"] == requests, "a dead grant is not presented again"
    due_scene.log_in()
    assert due_scene.provider.whoami(due_scene.credentials()["access_token"]) == "vera"


def test_databricks_invalid_request_for_a_dead_refresh_token_is_220(due_scene):
    due_scene.provider.set(dead_refresh_as_invalid_request=True)
    due_scene.provider.revoke("vera")
    due_scene.refused(220)


def test_an_audience_that_is_not_associated_is_256(scene):
    other = scene.account.add_integration(scene.provider, name="Not attached")
    for audience in (other["guid"], "00000000-0000-8000-8000-000000000000", "nonsense"):
        scene.refused(256, audience=audience)
    assert scene.exchange(audience=scene.integration["guid"]).status_code == 200


def test_several_associations_without_an_audience_are_257(scene):
    other = scene.account.add_integration(scene.provider, name="Second")
    scene.account.associate(scene.publisher, scene.content, scene.integration, other)
    scene.refused(257)


def test_only_a_key_that_may_act_for_the_content_is_answered(scene):
    stranger = scene.account.add("publisher")
    for person in (stranger, scene.viewer):
        answer = person.api.exchange(scene.token)
        assert answer.status_code == 403 and "access_token" not in answer.text, answer.text
    anonymous = type(scene.publisher.api)(scene.server, None)
    assert anonymous.exchange(scene.token).status_code == 401


def test_a_viewer_who_lost_access_to_the_content_gets_nothing(scene):
    scene.credentials()
    path = f"v1/content/{scene.content['guid']}"
    scene.publisher.api.ok("PATCH", path, json={"access_type": "acl"})
    answer = scene.exchange()
    assert answer.status_code == 403 and "access_token" not in answer.text
