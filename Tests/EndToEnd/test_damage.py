"""Damage: a broken account file, a full disk. That account says so, the others work, nothing is overwritten."""

import sqlite3

from harness.disk import fill
from harness.scene import EXPIRED_SECONDS, play


def test_a_damaged_account_answers_503_and_the_others_work(own_stage):
    server = own_stage.gatehouse()
    good, bad = server.create_account("good"), server.create_account("bad")
    server.stop()
    path = server.data / "bad" / "account.sqlite"
    for extra in server.data.glob("bad/account.sqlite-*"):
        extra.unlink()
    damaged = b"this is no database at all. " * 200
    path.write_bytes(damaged)
    server.start()
    assert good.admin.api.ok("GET", "v1/user")["email"] == good.admin.email
    answer = bad.admin.api("GET", "v1/user")
    assert answer.status_code == 503, answer.text
    assert len(answer.json()["error"]) > 15
    page = bad.admin.browser.get(bad.url("sign-in"))
    assert page.status_code == 503
    assert path.read_bytes() == damaged


def test_an_account_that_was_damaged_inside_keeps_what_is_there(own_stage):
    server = own_stage.gatehouse()
    good, bad = server.create_account("good"), server.create_account("bad")
    server.stop()
    path = server.data / "bad" / "account.sqlite"
    content = bytearray(path.read_bytes())
    content[0:100] = b"\0" * 100
    path.write_bytes(content)
    server.start()
    assert bad.admin.api("GET", "v1/user").status_code == 503
    assert good.admin.api("GET", "v1/user").status_code == 200
    assert path.read_bytes() == bytes(content)


def test_a_newer_schema_is_refused_and_left_alone(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account("acme")
    server.stop()
    connection = sqlite3.connect(server.data / "acme" / "account.sqlite")
    with connection:
        connection.execute("INSERT INTO grdb_migrations (identifier) VALUES ('v999999-from-the-future')")
    connection.close()
    server.start()
    answer = account.admin.api("GET", "v1/user")
    assert answer.status_code == 503 and len(answer.json()["error"]) > 15
    assert server.await_log("newer version")


def test_a_full_disk_presents_no_refresh_token_and_recovers(own_stage, small_disk):
    server = own_stage.gatehouse(start=False)
    server.data = small_disk / "data"
    server.start()
    provider = own_stage.simulator("databricks")
    provider.set(rotate_refresh_tokens=True, single_use_refresh_tokens=True, revoke_family_on_reuse=True)
    scene = play(server, provider)
    server.restart(clock_offset=EXPIRED_SECONDS)
    provider.reset_counters()
    filler = small_disk / "filler"
    fill(filler)
    answer = scene.exchange()
    assert answer.status_code in (500, 503, 507) or answer.json()["code"] == 219, answer.text
    assert "access_token" not in answer.text and len(answer.json()["error"]) > 15
    assert provider.counters()["token_requests"] == 0, "nothing is consumed that cannot be written down"
    filler.unlink()
    server.restart(clock_offset=EXPIRED_SECONDS + 900)
    assert provider.whoami(scene.credentials()["access_token"]) == "vera"
    server.stop()
