"""Damage: a broken account file, a full disk. That account says so, the others work, nothing is overwritten."""

import sqlite3

import pytest

from harness.browser import Browser, form_with
from harness.disk import fill
from harness.scene import EXPIRED_SECONDS, play
from harness.waiting import wait_until


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


@pytest.fixture
def outsider():
    """Another program that locks an account's file."""
    opened = []

    def lock(path, *statements: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        opened.append(connection)
        for statement in statements:
            connection.execute(statement)
        return connection

    yield lock
    for connection in opened:
        connection.close()


def test_a_database_that_an_outsider_locks_is_a_503_that_says_when_to_try_again(own_stage, outsider):
    server = own_stage.gatehouse()
    account = server.create_account("acme")
    publisher = account.add("publisher")
    other = outsider(server.data / "acme" / "account.sqlite", "BEGIN IMMEDIATE")
    answer = publisher.api("POST", "v1/content", json={"title": "x"})
    assert answer.status_code == 503 and answer.json()["code"] == 503, answer.text
    assert answer.headers["Retry-After"] == "5" and "Another program" in answer.json()["error"]
    command = server.run("user", "create", "acme", "--email", "new@acme.example")
    assert command.returncode == 75 and "Another program" in command.stderr
    other.execute("ROLLBACK")
    assert publisher.api("POST", "v1/content", json={"title": "x"}).status_code == 200
    assert [content["title"] for content in publisher.api.ok("GET", "v1/content")] == ["x"]


def test_a_login_that_a_locked_database_stopped_goes_on(own_stage, outsider):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    page = scene.viewer.browser.get(scene.viewer.start_login(scene.integration).headers["Location"])
    back = provider.sign_in(scene.viewer.browser, page, "vera").headers["Location"]
    other = outsider(server.data / scene.account.slug / "account.sqlite", "BEGIN IMMEDIATE")
    answer = scene.viewer.browser.get(back, follow=False)
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
    other.execute("ROLLBACK")
    assert scene.viewer.browser.get(back, follow=False).status_code == 302, "the same address works"
    assert scene.exchange().status_code == 200


def test_an_account_that_an_outsider_holds_alone_is_opened_later(own_stage, outsider):
    server = own_stage.gatehouse()
    account = server.create_account("acme")
    server.stop()
    path = server.data / "acme" / "account.sqlite"
    held = ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "UPDATE account SET name = name", "COMMIT")
    other = outsider(path, *held)
    server.start()
    answer = account.admin.api("GET", "v1/user")
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "5", answer.text
    page = account.admin.browser.get(account.url("sign-in"))
    assert page.status_code == 503 and page.headers["Retry-After"] == "5"
    other.close()
    assert account.admin.api.ok("GET", "v1/user")["email"] == account.admin.email


def failed_sign_in(account) -> None:
    browser = Browser()
    page = browser.get(account.url("sign-in"))
    answer = browser.submit(form_with(page, "email"), email=account.admin.email, password="not the password")
    assert answer.status_code == 401


def test_a_token_that_cannot_be_opened_is_told_to_the_operator(own_stage):
    server = own_stage.gatehouse()
    scene = play(server, own_stage.simulator("databricks"))
    server.stop()
    connection = sqlite3.connect(server.data / scene.account.slug / "account.sqlite")
    with connection:
        connection.execute("UPDATE oauth_session SET sealed_access_token = randomblob(200)")
    connection.close()
    server.start()
    answer = scene.exchange()
    assert answer.status_code == 503 and "tell the operator" in answer.json()["error"]
    assert "a stored token cannot be opened" in server.await_log("a request failed")


WAITS = "audit lines wait in memory"


def test_a_line_of_the_audit_waits_for_the_file(own_stage, outsider):
    server = own_stage.gatehouse()
    account = server.create_account("acme")
    other = outsider(server.data / "acme" / "account.sqlite", "BEGIN IMMEDIATE")
    failed_sign_in(account)
    server.await_log(WAITS)
    other.execute("ROLLBACK")
    [line] = account.audit(action="user.sign_in_failed")
    assert line["subject_guid"] == account.admin.guid
    assert server.run("audit", "verify", "acme").returncode == 0


def test_a_line_of_the_audit_outlives_the_closing_of_its_account(own_stage, outsider):
    """With so few open files, seven accounts stay open."""
    server = own_stage.gatehouse(before=("prlimit", "--nofile=256:256"))
    account = server.create_account("acme")
    others = [server.create_account(f"other-{number}") for number in range(8)]
    assert account.admin.api.ok("GET", "v1/user")
    other = outsider(server.data / "acme" / "account.sqlite", "BEGIN IMMEDIATE")
    failed_sign_in(account)
    server.await_log(WAITS)
    for one in others:
        assert one.admin.api.ok("GET", "v1/user")
    wait_until(lambda: server.logs.count(WAITS) > 1, "the account that closes cannot write it either")
    other.execute("ROLLBACK")
    [line] = account.audit(action="user.sign_in_failed")
    assert line["subject_guid"] == account.admin.guid


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
