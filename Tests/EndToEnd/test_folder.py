"""A data folder whose files change under the running server, and a server that does not answer its commands."""

import fcntl
import os
import shutil
import signal
import socket
import sqlite3
import threading
from pathlib import Path

import pytest
import requests

from harness.gatehouse import Gatehouse
from harness.operations import Operations
from harness.process import DidNotStart
from harness.scene import play
from harness.waiting import wait_until


@pytest.fixture
def operations() -> Operations:
    return Operations()


def titles(server: Gatehouse, slug: str) -> set[str]:
    rows = sqlite3.connect(server.data / slug / "account.sqlite").execute("SELECT title FROM content")
    return {title for (title,) in rows}


# The lock.


def test_a_lock_file_that_was_removed_is_taken_again(own_stage):
    server, other = own_stage.gatehouse(), own_stage.gatehouse(start=False)
    other.data = server.data
    publisher = server.create_account("acme").add("publisher")
    (server.data / ".lock").unlink()
    assert publisher.api.ok("POST", "v1/content", json={"title": "x"})["guid"]
    with pytest.raises(DidNotStart) as failed:
        other.start()
    assert f"process {server.child.process.pid} is serving" in failed.value.output
    assert server.get("/readyz").status_code == 200


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_lock_that_is_no_file_is_neither_written_nor_waited_for(own_stage, kind):
    """The folder may be another user's, and what they put there must not be ours to overwrite."""
    server = own_stage.gatehouse()
    server.create_account("acme")
    server.stop()
    lock, victim = server.data / ".lock", own_stage.folder("elsewhere") / "file"
    victim.write_text("kept")
    lock.unlink()
    if kind == "link":
        lock.symlink_to(victim)
    else:
        os.mkfifo(lock)
    for command in (("account", "list"), ("check-config",)):
        done = server.run(*command)
        assert done.returncode != 0 and str(lock) in done.stderr
    assert victim.read_text() == "kept"


def test_what_stands_in_the_lock_file_is_not_printed(own_stage):
    server = own_stage.gatehouse(start=False)
    server.data.mkdir(parents=True, exist_ok=True)
    with (server.data / ".lock").open("w") as other:
        other.write("\x1b]0;owned\x07")
        other.flush()
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        done = server.run("account", "list")
    assert done.returncode != 0 and "another process" in done.stderr and "owned" not in done.stderr


def test_who_lost_the_folder_to_another_server_writes_no_more(own_stage, operations):
    server = own_stage.gatehouse(options=operations.options)
    scene = play(server, own_stage.simulator("databricks"))
    assert scene.exchange().status_code == 200
    # Another process is faster than the server's own look.
    replaced = server.data / ".lock.other"
    with replaced.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        replaced.rename(server.data / ".lock")
        scene.publisher.api.refused(503, 503, "POST", "v1/content", json={"title": "lost"})
        assert operations.get("/readyz").json()["reason"] == "data_folder_lost"
        assert server.get("/readyz").status_code == 503
        wait_until(lambda: scene.exchange().status_code == 503, "memory answers no more either")
        wait_until(lambda: "another process may have written here: restart this server" in server.logs, "it is told")
    assert "lost" not in titles(server, scene.account.slug)
    # What the other one wrote is not in memory, so its end changes nothing.
    scene.publisher.api.refused(503, 503, "GET", "v1/content")
    server.restart()
    assert scene.exchange().status_code == 200 and server.get("/readyz").status_code == 200


def test_two_servers_that_start_while_the_lock_file_is_removed_do_not_both_run(own_stage):
    servers = [own_stage.gatehouse(start=False) for _ in range(4)]
    for server in servers:
        server.data = servers[0].data
    ends = threading.Event()

    def remove() -> None:
        while not ends.is_set():
            (servers[0].data / ".lock").unlink(missing_ok=True)

    def start(server: Gatehouse) -> None:
        try:
            server.start()
        except DidNotStart:
            server.child = None

    remover = threading.Thread(target=remove)
    remover.start()
    starting = [threading.Thread(target=start, args=(server,)) for server in servers]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    ends.set()
    remover.join()

    def takes_work(server: Gatehouse) -> bool:
        return server.child is not None and server.get("/readyz").status_code == 200

    wait_until(lambda: sum(map(takes_work, servers)) <= 1, "one server at most takes work")


# An account's folder.


@pytest.fixture
def kept(own_stage):
    """An account, a copy of it from before its last change, and that change."""
    server = own_stage.gatehouse()
    account = server.create_account("acme")
    publisher = account.add("publisher")
    publisher.api.ok("POST", "v1/content", json={"title": "before"})
    server.stop()
    copy = own_stage.folder("backup") / "acme"
    shutil.copytree(server.data / "acme", copy)
    server.start()
    publisher.api.ok("POST", "v1/content", json={"title": "after"})
    return server, publisher, copy


def test_a_folder_that_is_replaced_loses_no_write_that_was_answered_as_done(kept):
    server, publisher, copy = kept
    ends, done = threading.Event(), []

    def write() -> None:
        number = 0
        while not ends.is_set():
            number += 1
            answer = publisher.api("POST", "v1/content", json={"title": f"w{number}"})
            if answer.status_code == 200:
                done.append((f"w{number}", moved.is_set()))
            else:
                assert answer.status_code == 503 and answer.json()["code"] == 503, answer.text

    moved = threading.Event()
    writer = threading.Thread(target=write)
    writer.start()
    wait_until(lambda: len(done) > 3, "it is written to")
    old = server.data.parent / f"{server.data.name}.old"
    (server.data / "acme").rename(old)
    copy.rename(server.data / "acme")
    moved.set()
    wait_until(lambda: len([one for one in done if one[1]]) > 3, "the new folder is written to")
    ends.set()
    writer.join()
    new = titles(server, "acme")
    there = new | {title for (title,) in sqlite3.connect(old / "account.sqlite").execute("SELECT title FROM content")}
    assert "before" in new and "after" not in new, "what counts is what is in the folder"
    assert {title for title, _ in done} <= there, "nothing that was answered as done is nowhere"
    # A request may span the moment of the move; the last ones begin after it.
    assert done[-1][0] in new and done[-2][0] in new
    server.await_log("the folder of account acme was moved or replaced under the running server")


def test_a_folder_that_is_moved_away_is_503_and_comes_back(kept):
    server, publisher, _ = kept
    away = server.data.parent / f"{server.data.name}.away"
    (server.data / "acme").rename(away)
    error = publisher.api.refused(503, 503, "GET", "v1/content")
    assert "cannot be opened for now" in error["error"]
    publisher.api.refused(503, 503, "POST", "v1/content", json={"title": "nowhere"})
    away.rename(server.data / "acme")
    names = wait_until(
        lambda: (answer := publisher.api("GET", "v1/content")).status_code == 200 and answer.json(), "it is back"
    )
    assert {one["title"] for one in names} == {"before", "after"}


def test_what_memory_knew_of_a_folder_that_was_replaced_is_forgotten(own_stage):
    server = own_stage.gatehouse()
    scene = play(server, own_stage.simulator("databricks"))
    assert scene.exchange().status_code == 200
    shutil.rmtree(server.data / scene.account.slug)
    wait_until(lambda: scene.exchange().status_code == 503, "no token is handed out any more")


def test_a_copy_that_is_still_being_written_is_not_opened(kept):
    server, publisher, copy = kept
    (server.data / "acme").rename(server.data.parent / f"{server.data.name}.old")
    (server.data / "acme").mkdir()
    for path in copy.iterdir():
        if path.is_file() and path.name != "account.sqlite":
            shutil.copy2(path, server.data / "acme")
    half = (copy / "account.sqlite").read_bytes()
    target = server.data / "acme" / "account.sqlite"
    with target.open("wb") as file:
        file.write(half)
        file.flush()
        publisher.api.refused(503, 503, "GET", "v1/content")
        publisher.api.refused(503, 503, "GET", "v1/content")
        server.await_log("its file was written only a moment ago")
    os.utime(target, (1, 1))
    titles_now = {one["title"] for one in publisher.api.ok("GET", "v1/content")}
    assert titles_now == {"before"}


# Commands.


def test_a_command_does_not_wait_for_ever_for_a_server_that_is_stopped(own_stage):
    server = own_stage.gatehouse()
    server.create_account("acme")
    pid = server.child.process.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        done = server.run("user", "create", "acme", "--email", "bob@acme.example")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert done.returncode == 69 and done.stdout == ""
    assert done.stderr == (
        f"gatehouse: process {pid} has the folder {server.data} and takes no operation: "
        "it is stopped, overloaded or about to end. Nothing was done.\n"
    )
    # It said that nothing was done, so it is not done afterwards either.
    assert [user["email"] for user in server.json("user", "list", "acme")] == ["ada@acme.example"]


def test_a_server_that_stops_in_the_middle_is_not_waited_for(own_stage):
    """The account's file is locked, so that the operation is under way when the server is stopped."""
    server = own_stage.gatehouse(options=("--log-level", "debug"))
    server.create_account("acme")
    pid = server.child.process.pid
    other = sqlite3.connect(server.data / "acme" / "account.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    results = []
    command = ("user", "create", "acme", "--email", "bob@acme.example")
    running = threading.Thread(target=lambda: results.append(server.run(*command)))
    running.start()
    wait_until(lambda: "an operation begins operation=user.create" in server.logs, "the operation is under way")
    os.kill(pid, signal.SIGSTOP)
    try:
        running.join()
    finally:
        os.kill(pid, signal.SIGCONT)
        other.execute("ROLLBACK")
    [done] = results
    assert done.returncode == 69
    assert f"process {pid} took the operation and says nothing any more" in done.stderr
    assert server.get("/healthz").status_code == 200


def is_connected(server: Gatehouse, pid: int) -> bool:
    """Whether the server has accepted a command, and not ended with it yet."""
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines() if ".control.sock" in line]
    connected = {f"socket:[{line[6]}]" for line in lines if line[5] == "03"}
    return bool(connected & {str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()})


def test_a_folder_that_another_command_holds_is_named(own_stage):
    server = own_stage.gatehouse(start=False)
    server.create_account("acme")
    with (server.data / ".lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write("4711\n")
        held.truncate()
        held.flush()
        done = server.run("account", "list")
    assert done.returncode == 69
    assert "process 4711 has the folder" in done.stderr and "does not listen for operations" in done.stderr


def test_a_silent_command_holds_up_no_other(own_stage):
    server = own_stage.gatehouse()
    server.create_account("acme")
    with socket.socket(socket.AF_UNIX) as silent:
        folder = os.open(server.data, os.O_RDONLY)
        silent.connect(f"/proc/self/fd/{folder}/.control.sock")
        os.close(folder)
        pid = server.child.process.pid
        wait_until(lambda: is_connected(server, pid), "it is accepted")
        assert [one["slug"] for one in server.json("account", "list")] == ["acme"]
    assert requests.get(server.url("/healthz"), timeout=30).ok
