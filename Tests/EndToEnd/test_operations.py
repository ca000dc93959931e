"""docs/operations.md: a backup made while the server works is restored; every command there is one that exists."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import threading

import pytest

from harness.account import Api
from harness.bundles import bundle
from harness.gatehouse import Gatehouse, gatehouse_binary
from harness.process import Child
from harness.scene import play
from harness.simulator import REPOSITORY
from harness.waiting import wait_until

PROGRAM = REPOSITORY / "deploy" / "backup" / "gatehouse-backup"
DOCUMENT = REPOSITORY / "docs" / "operations.md"


def back_up(server: Gatehouse, target) -> None:
    done = subprocess.run([PROGRAM, server.data, target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(str(target))


def upload(person, content: dict, data: bytes) -> dict:
    return person.api.ok("POST", f"v1/content/{content['guid']}/bundles", data=data)


@pytest.fixture
def busy(own_stage):
    """A server whose account is written to all the time."""
    server = own_stage.gatehouse()
    scene = play(server, own_stage.simulator("databricks"))
    data, ends, made = bundle(), threading.Event(), []

    # With a connection of its own: the test's goes to another server in the end.
    api = Api(server, scene.publisher.key)

    def work() -> None:
        while not ends.is_set():
            made.append(api.ok("POST", "v1/content", json={"title": "more"})["guid"])
            api.ok("POST", f"v1/content/{scene.content['guid']}/bundles", data=data)

    worker = threading.Thread(target=work)
    worker.start()
    yield server, scene, made, data
    ends.set()
    worker.join()


def test_a_backup_of_a_busy_server_is_whole_and_works_where_it_is_restored(busy, own_stage, held_backup):
    server, scene, made, data = busy
    wait_until(lambda: len(made) > 5, "the server is busy")
    before = len(made)
    target = own_stage.folder("backups") / "today"
    backup = held_backup(server, target)
    wait_until(lambda: len(made) > before, "the server works on while the backup is made")
    backup.go_on()
    assert [path.name for path in target.iterdir()] == [scene.account.slug]
    assert not list(target.rglob(".master-key")), "the master key is kept apart"

    # As the document says: the copy, and the master key from where it is kept.
    other = own_stage.gatehouse(start=False)
    shutil.copytree(target, other.data, dirs_exist_ok=True)
    shutil.copy2(server.data / ".master-key", other.data / ".master-key")
    slug = scene.account.slug
    assert other.run("audit", "verify", slug).returncode == 0
    other.start()
    scene.publisher.api.server = other
    token = scene.token
    answer = scene.publisher.api.credentials(token)
    assert scene.provider.whoami(answer["access_token"]) == scene.username
    titles = [content["guid"] for content in scene.publisher.api.ok("GET", "v1/content")]
    assert set(made[:before]) <= set(titles)
    path = f"v1/content/{scene.content['guid']}/bundles"
    bundles = scene.publisher.api.ok("GET", path)
    for one in bundles[-3:]:
        assert scene.publisher.api("GET", f"{path}/{one['id']}/download").content == data
    rows = sqlite3.connect(other.data / slug / "account.sqlite").execute("SELECT count(*) FROM bundle").fetchone()[0]
    files = list((other.data / slug / "bundles" / scene.content["guid"]).iterdir())
    assert rows == len(files) > 0
    scene.publisher.api.server = server


HELD_SQLITE = """#!/bin/sh
case "$*" in *VACUUM*) touch {folder}/reached; read go < {folder}/go;; esac
exec {sqlite} "$@"
"""


class HeldBackup:
    """The program in the middle of its work: the first copy of the bundles is made, the database's is not."""

    def __init__(self, folder, server: Gatehouse, target) -> None:
        self.pipe = folder / "go"
        os.mkfifo(self.pipe)
        held = folder / "sqlite3"
        held.write_text(HELD_SQLITE.format(folder=folder, sqlite=shutil.which("sqlite3")))
        held.chmod(0o755)
        path = {"PATH": f"{folder}:{os.environ['PATH']}"}
        self.child = Child("gatehouse-backup", [PROGRAM, server.data, target], path, wait=False)
        wait_until((folder / "reached").exists, "the first copy of the bundles is made")

    def go_on(self) -> None:
        """To its end, which must be a good one."""
        self.pipe.write_text("go\n")
        assert self.child.await_exit() == 0, self.child.output

    def stop(self) -> None:
        """Whatever became of the test."""
        if self.child.running:
            os.killpg(self.child.process.pid, signal.SIGKILL)
        self.child.await_exit()


@pytest.fixture
def held_backup(own_stage):
    return lambda server, target: own_stage.keep(HeldBackup(own_stage.folder("path"), server, target))


def test_a_bundle_that_arrives_in_the_middle_of_a_backup_is_in_it_with_its_row(own_stage, held_backup):
    server = own_stage.gatehouse()
    publisher = server.create_account("acme").add("publisher")
    content = publisher.api.ok("POST", "v1/content", json={"title": "x"})
    target = own_stage.folder("backups") / "today"
    backup = held_backup(server, target)
    made = upload(publisher, content, bundle())
    backup.go_on()
    rows = sqlite3.connect(target / "acme" / "account.sqlite").execute("SELECT id FROM bundle").fetchall()
    files = [path.name for path in (target / "acme" / "bundles" / content["guid"]).iterdir()]
    assert rows == [(int(made["id"]),)] and files == [f"{made['id']}.tar.gz"]


def test_a_backup_is_not_made_over_another_one(own_stage):
    server = own_stage.gatehouse()
    server.create_account()
    target = own_stage.folder("backups") / "today"
    back_up(server, target)
    again = subprocess.run([PROGRAM, server.data, target], capture_output=True, text=True, check=False)
    assert again.returncode == 64 and "does not exist yet" in again.stderr
    assert subprocess.run([PROGRAM, server.data / "nowhere", target.with_name("x")], check=False).returncode == 64


def test_a_damaged_account_makes_the_backup_fail_and_leaves_no_copy_that_looks_whole(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    server.stop()
    path = server.data / account.slug / "account.sqlite"
    path.write_bytes(path.read_bytes()[:4096] + b"x" * 20_000)
    target = own_stage.folder("backups") / "today"
    done = subprocess.run([PROGRAM, server.data, target], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and not target.exists()


def test_the_document_names_commands_flags_and_files_that_exist():
    text = DOCUMENT.read_text()
    for line in re.findall(r"^\s*(?:sudo -u gatehouse |setpriv .* )?gatehouse ([a-z][^\n#|]*)", text, re.MULTILINE):
        words = line.split()
        command = [word for word in words if re.fullmatch("[a-z-]+", word) and not word.startswith("-")][:2]
        for depth in (2, 1):
            help = subprocess.run(
                [gatehouse_binary(), *command[:depth], "--help"], capture_output=True, text=True, check=False
            )
            if help.returncode == 0 and help.stdout.startswith("OVERVIEW"):
                break
        assert help.returncode == 0, line
        for flag in re.findall(r"(?<=\s)--[a-z-]+", " " + line):
            assert flag in help.stdout, line
    for target in re.findall(r"\]\((\.\./[^)#]+|[a-z_]+\.md)", text):
        assert (DOCUMENT.parent / target).exists(), target
    alerts = (REPOSITORY / "deploy" / "prometheus" / "alerts.yml").read_text()
    for name in re.findall(r"`(Gatehouse[A-Z]\w+)`", text):
        assert name in alerts
