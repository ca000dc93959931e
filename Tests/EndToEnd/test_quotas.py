"""How many of what there may be: told in the refusal, judged with the write, and set by the operator."""

import json
import os
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.browser import form_with
from harness.bundles import bundle
from harness.holding import SlowBody, overtaken
from harness.scene import EXPIRED_SECONDS, play
from harness.waiting import wait_until
from harness.wire import Wire

LIMITS = {
    "--max-bundles-per-content": "3",
    "--max-bundle-storage": "300KiB",
    "--max-contents": "3",
    "--max-variables": "3",
    "--max-keys": "3",
}
MIB = 1 << 20


@pytest.fixture(scope="module")
def server(stage):
    return stage.gatehouse(options=tuple(word for pair in LIMITS.items() for word in pair))


@pytest.fixture
def account(server):
    return server.create_account()


@pytest.fixture
def publisher(account):
    return account.add("publisher")


def noisy(size: int) -> bytes:
    """A bundle of about that size."""
    return bundle(files={"noise.bin": secrets.token_bytes(size)})


def files(server, account) -> list[str]:
    return sorted(one.name for one in (server.data / account.slug / "bundles").rglob("*") if one.is_file())


def reached(answer, quota: str, limit: int) -> None:
    assert answer.status_code == 422, f"{answer.status_code} {answer.text}"
    error = answer.json()
    assert error["code"] == 422 and error["payload"] == {"quota": quota, "limit": limit}
    words = f"{limit >> 10} KiB" if quota == "bundle_bytes" else str(limit)
    assert f"can have {words} " in error["error"] and "delete what is not needed" in error["error"]


def test_one_bundle_more_takes_the_oldest_that_is_not_active(server, account, publisher):
    content = account.add_content(publisher)
    path = f"v1/content/{content['guid']}"

    def upload() -> str:
        return publisher.api.ok("POST", f"{path}/bundles", data=bundle())["id"]

    def ids() -> list[str]:
        return [one["id"] for one in publisher.api.ok("GET", f"{path}/bundles")]

    first, second, third = upload(), upload(), upload()
    publisher.api.ok("POST", f"{path}/deploy", json={"bundle_id": first})
    fourth = upload()
    assert ids() == [fourth, third, first], "the active one stays, however old"
    fifth = upload()
    assert ids() == [fifth, fourth, first]
    assert files(server, account) == sorted(f"{number}.tar.gz" for number in (first, fourth, fifth))
    told = [one["details"] for one in account.audit(action="bundle.deleted")]
    assert told == [{"bundle_id": int(gone), "reason": "bundles_per_content"} for gone in (second, third)]


def test_the_bytes_of_all_bundles_have_a_limit(server, account, publisher):
    one, other = account.add_content(publisher), account.add_content(publisher)
    for content in (one, other):
        publisher.api.ok("POST", f"v1/content/{content['guid']}/bundles", data=noisy(120_000))
    before = files(server, account)
    refused = publisher.api("POST", f"v1/content/{one['guid']}/bundles", data=noisy(120_000))
    reached(refused, "bundle_bytes", 300 << 10)
    assert files(server, account) == before and len(before) == 2, "nothing is left of it"
    publisher.api.ok("DELETE", f"v1/content/{other['guid']}/bundles/2")
    publisher.api.ok("POST", f"v1/content/{one['guid']}/bundles", data=noisy(120_000))


def test_of_two_uploads_at_once_the_second_does_not_pass_the_limit(server, account, publisher):
    contents = [account.add_content(publisher) for _ in range(2)]
    slow = SlowBody(noisy(160_000))
    folder = server.data / account.slug / "bundles" / ".incoming"
    refused = overtaken(
        lambda: publisher.api("POST", f"v1/content/{contents[0]['guid']}/bundles", data=iter(slow)),
        lambda: wait_until(lambda: list(folder.glob("*")), "the first upload has begun"),
        lambda: publisher.api.ok("POST", f"v1/content/{contents[1]['guid']}/bundles", data=noisy(160_000)),
        slow.release,
    )
    reached(refused, "bundle_bytes", 300 << 10)
    assert files(server, account) == ["1.tar.gz"]


def at_once(ask) -> list:
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, range(8)))


def test_contents_variables_and_keys_have_limits_that_many_at_once_do_not_pass(account, publisher):
    answers = at_once(lambda _: publisher.api("POST", "v1/content", json={"title": "Sales"}))
    made = [one.json() for one in answers if one.status_code == 200]
    assert len(made) == 3
    for refused in (one for one in answers if one.status_code != 200):
        reached(refused, "contents", 3)
    publisher.api.ok("DELETE", f"v1/content/{made[0]['guid']}")
    publisher.api.ok("POST", "v1/content", json={"title": "In its place"})

    path = f"v1/content/{made[1]['guid']}/environment"
    answers = at_once(lambda number: publisher.api("PATCH", path, json=[{"name": f"V{number}", "value": "x"}]))
    assert sum(one.status_code == 200 for one in answers) == 3
    reached(next(one for one in answers if one.status_code != 200), "variables_per_content", 3)
    assert len(publisher.api.ok("GET", path)) == 3

    path = f"v1/users/{publisher.guid}/keys"
    answers = at_once(lambda number: publisher.api("POST", path, json={"name": f"key {number}"}))
    assert sum(one.status_code == 200 for one in answers) == 2, "the first key counts too"
    reached(next(one for one in answers if one.status_code != 200), "keys_per_user", 3)
    # What content is given counts for nobody.
    publisher.api.ok("GET", f"v1/content/{made[1]['guid']}/runtime")


def test_the_page_says_so_and_keeps_what_was_typed(account, publisher):
    publisher.accept_invite()
    for number in range(2):
        publisher.api.ok("POST", f"v1/users/{publisher.guid}/keys", json={"name": f"key {number}"})
    page = publisher.browser.get(account.url("keys/new"))
    answer = publisher.browser.submit(form_with(page, "name"), name="one more")
    assert answer.status_code == 422
    assert "can have 3 API keys at most" in answer.text and 'value="one more"' in answer.text


def test_the_settings_are_checked_and_shown(server):
    words = [word for pair in LIMITS.items() for word in pair]
    shown = json.loads(server.command("check-config", "--json", *words))
    assert shown["max_bundles_per_content"] == 3 and shown["max_bundle_storage"] == 300 << 10
    assert (shown["max_contents"], shown["max_variables"], shown["max_keys"]) == (3, 3, 3)
    usual = json.loads(server.command("check-config", "--json", environment={"GATEHOUSE_MAX_KEYS": "7"}))
    assert usual["max_bundles_per_content"] == 20 and usual["max_bundle_storage"] == 2 << 30
    assert (usual["max_contents"], usual["max_variables"], usual["max_keys"]) == (1000, 200, 7)
    for flag, value in [*((flag, "none") for flag in LIMITS), ("--max-bundles-per-content", "1"), ("--max-keys", "0")]:
        refused = server.run("check-config", flag, value)
        assert refused.returncode == 78 and flag in refused.stderr, refused.stderr


@pytest.fixture
def on_small_disk(own_stage, small_disk):
    """A scene on a disk of 12 MiB, of which bundles leave a twentieth, and its disk."""
    server = own_stage.gatehouse(start=False)
    server.data = small_disk / "data"
    server.start()
    provider = own_stage.simulator("databricks")
    provider.set(rotate_refresh_tokens=True)
    yield play(server, provider), small_disk
    server.stop()


def free(disk) -> int:
    space = os.statvfs(disk)
    return space.f_bavail * space.f_frsize


def nearly_full(answer) -> None:
    assert answer.status_code == 507, f"{answer.status_code} {answer.text}"
    assert answer.json()["code"] == 507 and "nearly full" in answer.json()["error"]


def test_bundles_stop_before_they_stop_refreshes(on_small_disk):
    scene, disk = on_small_disk
    kept = 12 * MIB // 20
    path = f"v1/content/{scene.content['guid']}/bundles"
    # While it arrives: it is larger than what is left.
    nearly_full(scene.publisher.api("POST", path, data=noisy(12 * MIB)))
    assert free(disk) > kept, "what has arrived of it is gone"
    assert scene.publisher.api.ok("GET", path) == []
    # At its start: so little is left that none is begun.
    (disk / "filler").write_bytes(b"x" * (free(disk) - kept + 64 * 1024))
    assert 0 < free(disk) < kept
    nearly_full(scene.publisher.api("POST", path, data=bundle()))
    with Wire(scene.server.port) as wire:
        headers = {"Authorization": f"Key {scene.publisher.key}", "Transfer-Encoding": "chunked"}
        wire.request("POST", f"/{path}", headers)
        assert wire.answer("POST").status == 507, "before anything of it has come"
    # What must go on goes on.
    scene.server.restart(clock_offset=EXPIRED_SECONDS)
    assert scene.provider.whoami(scene.credentials()["access_token"]) == "vera"
    (disk / "filler").unlink()
    scene.publisher.api.ok("POST", path, data=bundle())
