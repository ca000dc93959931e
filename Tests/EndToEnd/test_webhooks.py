"""Webhooks: signed in the Standard Webhooks form, at least once, in order per session, whatever the receiver does."""

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from harness.scene import play
from harness.waiting import wait_until
from harness.webhook_receiver import HANG, WebhookReceiver

EVENTS = ["session.created", "session.reauthorization_required", "refresh.failing", "integration.changed"]
DUE_SOON = 2
"""Access tokens that live so long, in seconds, are within their margin after the first."""
LATER = [0, 60, 600, 2 * 3600, 5 * 3600, 9 * 3600]
"""Clock offsets at which a receiver that failed is tried again, without waiting for it."""


def subscribe(account, receiver: WebhookReceiver, *events: str, **more) -> dict:
    body = {"url": receiver.url, "events": list(events) or EVENTS, "enabled": True, **more}
    return account.admin.api.ok("POST", "v1/webhooks", json=body)


def deliveries(account, webhook: dict) -> list[dict]:
    return account.admin.api.ok("GET", f"v1/webhooks/{webhook['guid']}/deliveries")


@pytest.fixture
def receiver(own_stage) -> WebhookReceiver:
    return own_stage.webhook_receiver()


@pytest.fixture
def scene(server, own_stage):
    """A viewer who is about to log in, on a shared server."""
    return play(server, own_stage.simulator("databricks"), log_in=False)


@pytest.fixture
def own_scene(own_stage):
    """The same on a server that the test may restart and kill."""
    return play(own_stage.gatehouse(), own_stage.simulator("databricks"), log_in=False)


def rename(scene, name: str) -> None:
    path = f"v1/oauth/integrations/{scene.integration['guid']}"
    scene.account.admin.api.ok("PATCH", path, json={"name": name})


def try_again(scene, receiver: WebhookReceiver, count: int) -> list:
    """The accepted deliveries once there are so many events, on servers whose clock is further and further on."""
    for offset in LATER:
        scene.server.restart(clock_offset=offset)
        try:
            return receiver.await_accepted(count, deadline=8)
        except AssertionError:
            continue
    return receiver.await_accepted(count)


def in_order(accepted: list) -> list:
    """Each event once, in the order of its first acceptance."""
    return list({one.id: one for one in accepted}.values())


# What arrives.


def test_a_login_is_told_signed_and_in_the_standard_form(scene, receiver):
    webhook = subscribe(scene.account, receiver, "session.created")
    scene.log_in()
    [one] = receiver.await_accepted(1)
    event = one.verify(webhook["secret"])
    assert set(event) == {"type", "timestamp", "data"}
    assert event["type"] == "session.created" and event["timestamp"].endswith("Z")
    data = event["data"]
    assert data["integration_guid"] == scene.integration["guid"] and data["user_guid"] == scene.viewer.guid
    assert data["session_guid"] == scene.sessions()[0]["guid"]
    assert one.headers["content-type"].startswith("application/json")
    assert one.path == "/hooks"


def test_the_body_is_signed_byte_by_byte_with_this_subscriptions_secret(scene, receiver, own_stage):
    webhook = subscribe(scene.account, receiver, "session.created")
    other = subscribe(scene.account, own_stage.webhook_receiver(), "session.created")
    scene.log_in()
    [one] = receiver.await_accepted(1)
    one.verify(webhook["secret"])
    with pytest.raises(WebhookVerificationError):
        one.verify(other["secret"])
    one.body += b" "
    with pytest.raises(WebhookVerificationError):
        one.verify(webhook["secret"])


def test_only_what_was_subscribed_to_is_told(scene, receiver, own_stage):
    changes = own_stage.webhook_receiver()
    subscribe(scene.account, receiver, "session.created")
    subscribe(scene.account, changes, "integration.changed")
    rename(scene, "Renamed")
    scene.log_in()
    rename(scene, "Again")
    assert [one.type for one in changes.await_accepted(2)] == ["integration.changed"] * 2
    assert [one.type for one in receiver.await_accepted(1)] == ["session.created"]


def test_another_accounts_events_are_not_told(scene, server, own_stage, receiver):
    other = play(server, own_stage.simulator("databricks"), log_in=False)
    subscribe(scene.account, receiver)
    other.log_in()
    rename(other, "Of another account")
    scene.log_in()
    [one] = receiver.await_accepted(1)
    assert one.event["data"]["user_guid"] == scene.viewer.guid


def test_each_change_of_an_integration_is_told(scene, receiver):
    subscribe(scene.account, receiver, "integration.changed")
    made = scene.account.integrate("connect", max_role="Viewer")
    path = f"v1/oauth/integrations/{made['guid']}"
    scene.account.admin.api.ok("PATCH", path, json={"description": "Another"})
    scene.account.admin.api.ok("DELETE", path)
    told = receiver.await_accepted(3)
    assert [one.event["data"]["action"] for one in told] == [
        "integration.created",
        "integration.updated",
        "integration.deleted",
    ]
    assert {one.event["data"]["integration_guid"] for one in told} == {made["guid"]}


def test_a_grant_that_was_revoked_is_told(scene, receiver):
    scene.provider.set(access_token_seconds=DUE_SOON)
    scene.log_in()
    webhook = subscribe(scene.account, receiver, "session.reauthorization_required", "integration.changed")
    scene.provider.revoke("vera")
    await_refused(scene)
    scene.refused(220)
    [one] = receiver.await_accepted(1)
    event = one.verify(webhook["secret"])
    assert event["type"] == "session.reauthorization_required"
    assert event["data"]["user_guid"] == scene.viewer.guid
    rename(scene, "To see that nothing else came before")
    told = [one.type for one in receiver.await_accepted(2)]
    assert told == ["session.reauthorization_required", "integration.changed"], "once, however often content asks"


def test_a_client_that_is_refused_is_told_once(scene, receiver):
    scene.provider.set(access_token_seconds=DUE_SOON)
    scene.log_in()
    subscribe(scene.account, receiver, "refresh.failing", "integration.changed")
    scene.provider.client_secret = "changed at the provider"
    scene.provider.register(scene.integration["redirect_uri"])
    wait_until(lambda: scene.exchange().status_code != 200, "the refresh fails and the token ends")
    for _ in range(5):
        scene.exchange()
    assert receiver.await_accepted(1)[0].type == "refresh.failing"
    rename(scene, "To see that nothing else came before")
    assert [one.type for one in receiver.await_accepted(2)] == ["refresh.failing", "integration.changed"]


def test_no_secret_is_told(scene, receiver):
    webhook = subscribe(scene.account, receiver)
    scene.log_in()
    scene.credentials()
    rename(scene, "Renamed")
    issued = scene.provider.issued()
    secrets = [one for kind in issued.values() for one in kind] + [webhook["secret"], scene.viewer.key]
    for one in receiver.await_accepted(2):
        text = one.body.decode() + str(one.headers)
        assert not [secret for secret in secrets if len(secret) > 8 and secret in text]
    assert webhook["secret"] not in scene.server.logs


def test_a_receiver_that_answers_gets_each_event_once(scene, receiver, own_stage):
    """At least once is for answers that were lost; nobody is told twice of what they took."""
    receivers = [receiver, *(own_stage.webhook_receiver() for _ in range(3))]
    for each in receivers:
        subscribe(scene.account, each, "integration.changed")
    for index in range(40):
        rename(scene, f"Name {index}")
    for each in receivers:
        each.await_accepted(40)
        names = [one.event["data"]["details"]["name"] for one in each.deliveries]
        assert names == [f"Name {index}" for index in range(40)]


# Receivers that misbehave.


def test_a_receiver_that_was_down_for_a_while_gets_everything_in_order(own_scene, receiver):
    subscribe(own_scene.account, receiver)
    receiver.down()
    names = [f"Name {index}" for index in range(12)]
    own_scene.log_in()
    for name in names:
        rename(own_scene, name)
    receiver.up()
    told = in_order(try_again(own_scene, receiver, 13))
    assert sorted(one.type for one in told) == ["integration.changed"] * 12 + ["session.created"]
    changes = [one for one in told if one.type == "integration.changed"]
    times = [one.event["timestamp"] for one in changes]
    assert times == sorted(times)


def test_a_receiver_that_answers_500_gets_the_same_event_again(own_scene, receiver):
    webhook = subscribe(own_scene.account, receiver)
    receiver.behaviour = [500, 503, 429]
    own_scene.log_in()
    receiver.await_attempts(1)
    [first] = deliveries(own_scene.account, webhook)
    wait_until(lambda: deliveries(own_scene.account, webhook)[0]["last_status"] == 500, "the failure is shown")
    assert deliveries(own_scene.account, webhook)[0]["last_error"]
    told = try_again(own_scene, receiver, 1)
    assert len({one.id for one in receiver.deliveries}) == 1, "the id tells the receiver that it is the same"
    assert {one.body for one in receiver.deliveries} == {told[0].body}
    assert all(one.is_signed_with(webhook["secret"]) for one in receiver.deliveries)
    [delivery] = wait_until(
        lambda: [one for one in deliveries(own_scene.account, webhook) if one["state"] == "delivered"],
        "the delivery is shown as done",
    )
    assert delivery["attempts"] == len(receiver.deliveries) and first["state"] != "delivered"


def test_a_receiver_that_hangs_holds_up_nobody_else(own_scene, receiver, own_stage):
    other = own_stage.webhook_receiver()
    subscribe(own_scene.account, receiver)
    subscribe(own_scene.account, other)
    receiver.behaviour = HANG
    own_scene.log_in()
    receiver.await_attempts(1)
    for name in ("One", "Two", "Three"):
        rename(own_scene, name)
    assert len(in_order(other.await_accepted(4))) == 4
    assert own_scene.credentials()["access_token"]
    receiver.release()
    assert len(in_order(try_again(own_scene, receiver, 4))) == 4


def events_of(scene, count: int) -> None:
    """A session's life over and over: logged in, gone at the provider, and told to log in again."""
    scene.provider.set(access_token_seconds=DUE_SOON)
    for _ in range(count):
        scene.log_in()
        scene.provider.revoke("vera")
        await_refused(scene)


def await_refused(scene) -> None:
    """Exchange until the viewer must log in again: as soon as a refresh is due, and no sooner."""
    wait_until(lambda: scene.exchange().status_code != 200, "a refresh is due and fails")
    scene.refused(220)


@pytest.mark.parametrize("trouble", ["down", "500", "hang"])
def test_events_of_one_session_arrive_in_their_order(own_scene, receiver, trouble):
    subscribe(own_scene.account, receiver, *EVENTS[:2])
    if trouble == "down":
        receiver.down()
    else:
        receiver.behaviour = [int(trouble) if trouble.isdigit() else HANG] * 3
    events_of(own_scene, 3)
    if trouble == "down":
        receiver.up()
    elif trouble == "hang":
        receiver.release()
    told = in_order(try_again(own_scene, receiver, 6))
    assert [one.type for one in told] == EVENTS[:2] * 3
    accepted_first = [one.id for one in told]
    attempted_first = list(dict.fromkeys(one.id for one in receiver.deliveries))
    assert attempted_first == accepted_first, "a later event is not even tried before the earlier one is there"


def test_a_redirect_is_not_followed_and_not_taken_for_success(own_scene, receiver):
    subscribe(own_scene.account, receiver)
    receiver.behaviour = [307]
    own_scene.log_in()
    told = try_again(own_scene, receiver, 1)
    assert {one.path for one in receiver.deliveries} == {"/hooks"} and len(told) == 1


def test_a_receiver_that_says_gone_is_told_nothing_more(own_scene, receiver):
    webhook = subscribe(own_scene.account, receiver)
    receiver.behaviour = [410]
    own_scene.log_in()
    path = f"v1/webhooks/{webhook['guid']}"
    wait_until(lambda: not own_scene.account.admin.api.ok("GET", path)["enabled"], "the webhook is disabled")
    rename(own_scene, "Not told")
    assert receiver.accepted == []


# kill -9.


@pytest.mark.parametrize("behaviour", [HANG, 500, "down"])
def test_nothing_is_lost_through_kill_9(own_scene, receiver, behaviour):
    webhook = subscribe(own_scene.account, receiver)
    if behaviour == "down":
        receiver.down()
    else:
        receiver.behaviour = behaviour
    own_scene.log_in()
    for index in range(5):
        rename(own_scene, f"Name {index}")
        own_scene.server.child.kill()
        own_scene.server.start()
    own_scene.server.child.kill()
    if behaviour == "down":
        receiver.up()
    else:
        receiver.release()
    own_scene.server.start(clock_offset=LATER[-1])
    told = in_order(try_again(own_scene, receiver, 6))
    assert sorted(one.type for one in told) == ["integration.changed"] * 5 + ["session.created"]
    assert all(one.is_signed_with(webhook["secret"]) for one in told)


def test_a_kill_after_the_receiver_took_it_may_repeat_but_never_loses(own_scene, receiver):
    subscribe(own_scene.account, receiver)
    own_scene.log_in()
    receiver.await_accepted(1)
    own_scene.server.child.kill()
    own_scene.server.start(clock_offset=600)
    rename(own_scene, "After the kill")
    told = in_order(try_again(own_scene, receiver, 2))
    assert [one.type for one in told] == ["session.created", "integration.changed"]


# Subscriptions.


def test_the_secret_is_shown_once(scene, receiver):
    webhook = subscribe(scene.account, receiver, description="The desk")
    assert webhook["secret"].startswith("whsec_")
    api = scene.account.admin.api
    shown = api.ok("GET", f"v1/webhooks/{webhook['guid']}")
    listed = api.ok("GET", "v1/webhooks")
    assert shown in listed and webhook["secret"] not in str(listed)
    assert {name: webhook[name] for name in shown if name != "secret"} == shown
    assert shown["url"] == receiver.url and shown["events"] == EVENTS and shown["enabled"] is True
    changed = api.ok("PATCH", f"v1/webhooks/{webhook['guid']}", json={"events": EVENTS[:1]})
    assert changed["events"] == EVENTS[:1] and "whsec_" not in str(changed)
    for path in server_files(scene):
        assert webhook["secret"].removeprefix("whsec_").encode() not in path.read_bytes()


def server_files(scene) -> list:
    return [path for path in scene.server.data.rglob("*") if path.is_file() and not path.is_socket()]


def test_a_rotated_secret_signs_beside_the_old_one(scene, receiver):
    webhook = subscribe(scene.account, receiver, "session.created")
    fresh = scene.account.admin.api.ok("POST", f"v1/webhooks/{webhook['guid']}/rotate-secret")["secret"]
    assert fresh != webhook["secret"]
    scene.log_in()
    [one] = receiver.await_accepted(1)
    assert one.verify(fresh) == one.verify(webhook["secret"])


def test_a_disabled_subscription_is_told_nothing(scene, receiver, own_stage):
    other = own_stage.webhook_receiver()
    webhook = subscribe(scene.account, receiver)
    subscribe(scene.account, other)
    api, path = scene.account.admin.api, f"v1/webhooks/{webhook['guid']}"
    api.ok("PATCH", path, json={"enabled": False})
    rename(scene, "Not told here")
    other.await_accepted(1)
    api.ok("PATCH", path, json={"enabled": True})
    rename(scene, "Told here")
    assert [one.type for one in receiver.await_accepted(1)] == ["integration.changed"]
    api.ok("DELETE", path)
    api.refused(404, 4, "GET", path)
    rename(scene, "Not told any more")
    other.await_accepted(3)
    assert [one.event["data"]["details"].get("name") for one in receiver.deliveries] == ["Told here"]


def test_a_test_delivery_arrives(scene, receiver):
    webhook = subscribe(scene.account, receiver, "session.created")
    scene.account.admin.api.ok("POST", f"v1/webhooks/{webhook['guid']}/test")
    [one] = receiver.await_accepted(1)
    one.verify(webhook["secret"])


def test_webhooks_are_for_administrators_of_their_account(scene, server, receiver):
    webhook = subscribe(scene.account, receiver)
    path = f"v1/webhooks/{webhook['guid']}"
    body = {"url": receiver.url, "events": EVENTS}
    for person in (scene.publisher, scene.viewer):
        for method, place in (("GET", "v1/webhooks"), ("POST", "v1/webhooks"), ("GET", path), ("DELETE", path)):
            assert person.api(method, place, json=body).status_code == 403
    stranger = server.create_account().admin.api
    for method, place in (("GET", path), ("PATCH", path), ("DELETE", path), ("GET", path + "/deliveries")):
        stranger.refused(404, 4, method, place, json={"enabled": False} if method == "PATCH" else None)
    assert stranger.ok("GET", "v1/webhooks") == []


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/x",
        "https://127.0.0.1.nip.io:8443/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://2130706433/",
        "https://user:secret@hooks.example.com/",
        "ftp://hooks.example.com/",
        "javascript:alert(1)",
        "/relative",
        "",
    ],
)
def test_a_refused_address_is_no_subscription(account, url):
    body = {"url": url, "events": EVENTS}
    answer = account.admin.api("POST", "v1/webhooks", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["payload"]["field"] == "url"
    assert "secret@" not in answer.text
    assert account.admin.api.ok("GET", "v1/webhooks") == []


def test_an_address_that_is_refused_later_is_not_called(own_stage, receiver):
    """The operator's list of allowed hosts counts at each delivery, not only when the subscription is made."""
    server = own_stage.gatehouse()
    scene = play(server, own_stage.simulator("databricks"), log_in=False)
    webhook = subscribe(scene.account, receiver)
    server.stop()
    server.allow_hosts = ()
    server.start()
    rename(scene, "Renamed")
    wait_until(lambda: deliveries(scene.account, webhook)[0]["last_error"], "the delivery failed")
    assert receiver.deliveries == []


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://hooks.example.com/", "events": []},
        {"url": "https://hooks.example.com/", "events": ["session.deleted"]},
        {"url": "https://hooks.example.com/", "events": "session.created"},
        {"url": "https://hooks.example.com/"},
        {"events": EVENTS},
        {"url": 5, "events": EVENTS},
        {"url": "https://hooks.example.com/", "events": EVENTS, "enabled": "yes"},
        {"url": "https://hooks.example.com/", "events": EVENTS, "surprise": 1},
    ],
    ids=str,
)
def test_a_body_that_makes_no_sense_is_refused(account, body):
    answer = account.admin.api("POST", "v1/webhooks", json=body)
    assert answer.status_code == 400 and len(answer.json()["error"]) > 10, answer.text
    assert account.admin.api.ok("GET", "v1/webhooks") == []
