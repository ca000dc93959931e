"""Session tokens in the wrong place: another content, account or server, too old, or not one at all."""

import pytest

from harness.scene import play


@pytest.fixture(scope="module")
def pair(server, stage):
    """Two accounts on one server."""
    provider = stage.simulator("databricks")
    first, second = play(server, provider), play(server, provider, username="otto")
    return first, second


def test_a_token_of_another_content_is_refused(pair):
    scene, _ = pair
    other_owner = scene.account.add("publisher")
    scene.account.add_content(other_owner, scene.integration)
    # The other owner's key may act for the other content only, so this token is of no use to it.
    answer = other_owner.api.exchange(scene.token)
    assert answer.status_code == 403 and "access_token" not in answer.text


def test_a_token_names_its_content_and_reaches_no_other_integration(pair):
    scene, _ = pair
    other = scene.account.add_integration(scene.provider, name="Other")
    scene.account.add_content(scene.publisher, other)
    scene.refused(256, audience=other["guid"])


def test_a_token_of_another_account_is_refused(pair):
    first, second = pair
    for person in (second.publisher, second.account.admin):
        answer = person.api.exchange(first.token)
        assert answer.status_code == 400 and "access_token" not in answer.text
        assert answer.json()["code"] == 216, answer.text


def test_a_token_of_another_server_is_refused(pair, own_stage):
    scene, _ = pair
    elsewhere = play(own_stage.gatehouse(), own_stage.simulator("databricks"))
    answer = scene.publisher.api.exchange(elsewhere.token)
    assert answer.status_code == 400 and answer.json()["code"] == 216, answer.text
    answer = elsewhere.publisher.api.exchange(scene.token)
    assert answer.status_code == 400 and answer.json()["code"] == 216, answer.text


def test_a_token_of_another_server_with_the_same_account_is_216(own_stage):
    """The same slug has the same fingerprint: the keys must tell the servers apart."""
    first, second = own_stage.gatehouse(), own_stage.gatehouse()
    provider = own_stage.simulator("databricks")
    scenes = []
    for server in (first, second):
        scenes.append(play(server, provider, account=server.create_account("acme"), log_in=False))
    answer = scenes[0].publisher.api.exchange(scenes[1].token)
    assert answer.json()["code"] == 216, answer.text


def test_a_token_lives_24_hours_and_no_longer(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider)
    day, step = 24 * 3600, 15 * 60
    # The time of issue is rounded down, so the last quarter of an hour is not promised.
    server.restart(clock_offset=day - step - 240)
    assert scene.exchange().status_code == 200
    server.restart(clock_offset=day + 60)
    scene.refused(215)
    scene.viewer.sign_in()
    scene.token = scene.viewer.session_token(scene.content)
    assert scene.exchange().status_code == 200


def test_a_token_of_the_future_is_refused(own_stage):
    server = own_stage.gatehouse(start=False).start(clock_offset=7200)
    provider = own_stage.simulator("databricks")
    provider.advance_clock(7200)
    scene = play(server, provider)
    server.restart()
    scene.refused(215)


def test_the_token_of_a_deleted_content_is_refused(pair):
    scene, _ = pair
    content = scene.account.add_content(scene.publisher, scene.integration)
    token = scene.viewer.session_token(content)
    assert scene.publisher.api.exchange(token).status_code == 200
    scene.publisher.api.ok("DELETE", f"v1/content/{content['guid']}")
    answer = scene.publisher.api.exchange(token)
    assert answer.status_code == 404 and "access_token" not in answer.text


def test_a_token_is_no_api_key_and_a_key_no_token(pair):
    scene, _ = pair
    assert scene.publisher.api.exchange(scene.publisher.key).json()["code"] == 215
    bearer = type(scene.publisher.api)(scene.server, scene.token)
    assert bearer("GET", "v1/user").status_code == 401


def test_ending_the_account_ends_its_tokens(own_stage):
    server = own_stage.gatehouse()
    scene = play(server, own_stage.simulator("databricks"))
    server.command("account", "delete", scene.account.slug, "--yes")
    answer = scene.exchange()
    assert answer.status_code == 401 and "access_token" not in answer.text
