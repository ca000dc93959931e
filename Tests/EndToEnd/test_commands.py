"""Each command: a missing folder, a wrong account, closed streams, JSON, exit codes, documentation made of itself."""

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess

import pytest

from harness.gatehouse import gatehouse_binary
from harness.process import DidNotStart
from harness.simulator import REPOSITORY
from harness.waiting import DEADLINE_SECONDS

ADMIN = "ada@acme.example"

# What each command is given after its name, in an account `acme` whose administrator is ADMIN.
IN_AN_ACCOUNT = {
    "account show": ("acme",),
    "account apply": ("acme", "--file", "{manifest}"),
    "account rotate-signing-key": ("acme",),
    "account single-sign-on show": ("acme",),
    "account single-sign-on allow-passwords": ("acme",),
    "account single-sign-on emergency": ("acme", "--email", ADMIN, "--remove"),
    "account single-sign-on off": ("acme",),
    "user create": ("acme", "--email", "new@acme.example"),
    "user list": ("acme",),
    "user lock": ("acme", "vic@acme.example"),
    "user role": ("acme", "vic@acme.example", "publisher"),
    "user invite": ("acme", "vic@acme.example"),
    "audit verify": ("acme",),
    "audit list": ("acme",),
    "audit export": ("acme",),
    "workbench session": ("acme", "--user", ADMIN),
    "account delete": ("acme", "--yes"),
}
IN_THE_FOLDER = {"account list": (), "key rotate": (), **IN_AN_ACCOUNT}
MAKES_THE_FOLDER = {"account create": ("acme", "--admin-email", ADMIN), "serve": ()}
# They need no folder.
OTHERS = {"check-config", "routes", "manual", "run"}

MISSING, UNAVAILABLE, NOT_WRITTEN, CONFIGURATION, USAGE = 66, 69, 74, 78, 64


def words(command: str, arguments: tuple[str, ...], folder) -> list[str]:
    manifest = folder / "manifest.json"
    if "{manifest}" in arguments:
        manifest.write_text(json.dumps({"name": "Acme"}))
    return [*command.split(), *(argument.replace("{manifest}", str(manifest)) for argument in arguments)]


def shell(redirection: str, *line: str, environment: dict | None = None) -> subprocess.CompletedProcess:
    """The program started by a shell with this redirection."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", gatehouse_binary(), *line],
        env={**os.environ, **(environment or {})}, capture_output=True, text=True, timeout=DEADLINE_SECONDS,
        check=False,
    )  # fmt: skip


def leaves(command: dict, before: str = "") -> list[str]:
    below = command.get("subcommands", [])
    if not below:
        return [before.strip()]
    return [
        leaf for one in below if one["commandName"] != "help" for leaf in leaves(one, f"{before} {one['commandName']}")
    ]


def program() -> dict:
    dump = subprocess.run([gatehouse_binary(), "--experimental-dump-help"], capture_output=True, check=True).stdout
    return json.loads(dump)["command"]


@pytest.fixture
def acme(own_stage):
    """A folder that no server serves, with an account."""
    server = own_stage.gatehouse(start=False)
    server.create_account("acme", email=ADMIN)
    server.command("user", "create", "acme", "--email", "vic@acme.example")
    return server


def test_these_are_all_commands():
    assert sorted(leaves(program())) == sorted({*IN_THE_FOLDER, *MAKES_THE_FOLDER, *OTHERS})


# A missing folder.


@pytest.mark.parametrize("command", IN_THE_FOLDER)
def test_a_mistyped_folder_is_named_and_not_made(own_stage, command):
    folder = own_stage.folder("home")
    line = words(command, IN_THE_FOLDER[command], own_stage.folder("files"))
    missing = folder / "tennants"
    done = shell("", *line, "--data", str(missing))
    assert done.returncode == MISSING, done.stderr
    assert f"there is no folder {missing}" in done.stderr and done.stdout == ""
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", IN_THE_FOLDER)
def test_nothing_is_left_in_some_other_folder(own_stage, command):
    folder = own_stage.folder("home")
    line = words(command, IN_THE_FOLDER[command], own_stage.folder("files"))
    if command == "account apply":
        pytest.skip("it makes the account that it does not find")
    done = shell("", *line, "--data", str(folder))
    assert done.returncode == MISSING, done.stderr
    assert str(folder) in done.stderr and "gatehouse account create" in done.stderr and done.stdout == ""
    assert list(folder.iterdir()) == []


def test_a_session_for_workbench_makes_no_folder_for_its_cookie_where_there_is_no_account(own_stage):
    folder = own_stage.folder("home")
    line = ("workbench", "session", "acme", "--user", ADMIN, "--dir", str(folder / "cookie"))
    assert shell("", *line, "--data", str(folder / "nowhere")).returncode == MISSING
    assert list(folder.iterdir()) == []


def test_account_create_makes_the_folder_and_says_so(own_stage):
    data = own_stage.folder("home") / "tenants"
    done = shell("", "account", "create", "acme", "--admin-email", ADMIN, "--data", str(data), "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["account"]["slug"] == "acme"
    assert f"made the data folder {data}" in done.stderr
    assert f"made a master key at {data}/.master-key" in done.stderr
    again = shell("", "account", "create", "globex", "--admin-email", ADMIN, "--data", str(data))
    assert again.returncode == 0 and again.stderr == ""


def test_serve_makes_the_folder_and_says_so(own_stage):
    server = own_stage.gatehouse(start=False)
    server.data = server.data / "tenants"
    server.start()
    assert f"made the data folder {server.data}\n" in server.logs
    assert f"made a master key at {server.data}/.master-key" in server.logs
    server.restart()
    assert "made " not in server.child.output


@pytest.mark.parametrize("wrong", [("acme!",), ("acme", "--admin-email", "nobody")], ids=lambda words: words[-1])
def test_an_account_that_cannot_be_made_leaves_no_folder(own_stage, wrong):
    folder = own_stage.folder("home")
    assert shell("", "account", "create", *wrong, "--data", str(folder / "tenants")).returncode == 1
    assert list(folder.iterdir()) == []


def test_a_key_that_is_not_there_is_not_rotated(own_stage):
    server = own_stage.gatehouse()
    server.stop()
    elsewhere = own_stage.folder("key") / "master"
    done = server.run("key", "rotate", "--master-key-file", str(elsewhere))
    assert done.returncode == MISSING and "no master key" in done.stderr and not elsewhere.exists()


# A wrong account.


@pytest.mark.parametrize("command", IN_AN_ACCOUNT)
def test_a_wrong_account_is_named_alike_with_and_without_a_server(own_stage, server, command):
    if command == "account apply":
        pytest.skip("it makes the account that it does not find")
    line = words(command, IN_AN_ACCOUNT[command], own_stage.folder("files"))
    line = ["nobody" if word == "acme" else word for word in line]
    stopped = own_stage.gatehouse(start=False)
    stopped.create_account("acme")
    asked, alone = server.run(*line), stopped.run(*line)
    assert (asked.returncode, alone.returncode) == (MISSING, MISSING)
    assert asked.stderr == alone.stderr and "no account nobody" in asked.stderr
    assert asked.stdout == alone.stdout == ""


# Streams.


@pytest.mark.parametrize("command", IN_THE_FOLDER)
def test_a_closed_standard_input_changes_nothing(acme, own_stage, command):
    """The first file that is opened would otherwise get its number."""
    line = words(command, IN_THE_FOLDER[command], own_stage.folder("files"))
    done = shell("<&-", *line, "--data", str(acme.data))
    assert done.returncode == 0, done.stderr
    assert command == "account delete" or acme.run("audit", "verify", "acme").returncode == 0


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("command", IN_THE_FOLDER)
def test_an_answer_that_nobody_takes_is_a_failure_and_is_written_nowhere_else(acme, own_stage, command, redirection):
    line = words(command, IN_THE_FOLDER[command], own_stage.folder("files"))
    done = shell(redirection, *line, "--data", str(acme.data))
    assert done.returncode == NOT_WRITTEN and "could not be written" in done.stderr
    if command != "account delete":
        assert acme.run("audit", "verify", "acme").returncode == 0
        rows = sqlite3.connect(acme.data / "acme" / "account.sqlite").execute("PRAGMA integrity_check").fetchall()
        assert rows == [("ok",)]


def test_nothing_is_erased_where_nobody_can_be_asked(acme):
    for redirection in ("</dev/null", "<&-"):
        done = shell(redirection, "account", "delete", "acme", "--data", str(acme.data))
        assert done.returncode == USAGE and "--yes" in done.stderr and "Nothing was erased" in done.stderr
    assert [one["slug"] for one in acme.json("account", "list")] == ["acme"]


# JSON.


@pytest.mark.parametrize("command", [name for name in IN_THE_FOLDER if name != "audit export"])
def test_json_is_all_that_standard_output_has(acme, own_stage, command):
    line = words(command, IN_THE_FOLDER[command], own_stage.folder("files"))
    done = acme.run(*line, "--json")
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict | list)
    assert done.stderr == ""


def test_an_account_without_an_administrator_is_made_with_a_warning(own_stage):
    server = own_stage.gatehouse()
    done = server.run("account", "create", "acme", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["admin"] is None
    [named] = re.findall(r"gatehouse (user create acme --email) EMAIL (--role administrator)", done.stderr)
    assert "nobody can sign in to acme yet" in done.stderr
    made = server.json(*" ".join([named[0], ADMIN, named[1]]).split())
    assert made["role"] == "administrator"


def test_a_manifest_that_names_no_administrator_is_applied_with_a_warning(own_stage):
    server, file = own_stage.gatehouse(), own_stage.folder("files") / "account.json"
    for users, warns in [([], True), ([{"email": ADMIN, "role": "administrator"}], False)]:
        file.write_text(json.dumps({"name": "Acme", "users": users}))
        done = server.run("account", "apply", "acme", "--file", str(file), "--json")
        assert done.returncode == 0 and json.loads(done.stdout)["has_administrator"] is not warns
        assert ("nobody can sign in to acme yet" in done.stderr) is warns


# check-config.


def contents(folder) -> dict:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_mode) for path in [folder, *folder.rglob("*")]}


def check(server, *more: str):
    line = [str(part) for part in server.serve_command()[len(server.before) + 2 :]]
    return subprocess.run(
        [*server.before, gatehouse_binary(), "check-config", *line, *more],
        capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False,
    )  # fmt: skip


def assert_neither_starts(server, sentence: str, status: int = CONFIGURATION) -> None:
    """check-config says why, changes nothing, and serve says the same."""
    before = contents(server.data.parent)
    checked = check(server)
    assert checked.returncode == CONFIGURATION and checked.stdout == "", checked.stdout
    assert sentence in checked.stderr and "OK" not in checked.stderr
    assert contents(server.data.parent) == before
    with pytest.raises(DidNotStart) as failed:
        server.start()
    assert failed.value.code == status and sentence in failed.value.output


def test_check_config_says_ok_and_changes_nothing(own_stage):
    server = own_stage.gatehouse(start=False)
    server.data = server.data / "tenants"
    before = contents(server.data.parent)
    done = check(server)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("OK")
    assert f"serve makes the data folder {server.data}" in done.stdout
    found = json.loads(check(server, "--json").stdout)
    assert found["ok"] is True and len(found["notes"]) == 2
    assert contents(server.data.parent) == before
    server.start()
    beside = json.loads(check(server, "--json").stdout)
    assert beside["ok"] is True
    assert beside["notes"] == [
        f"process {server.child.process.pid} serves this folder now, so the ports were not tried."
    ]


def test_a_port_in_use_is_a_sentence_and_leaves_nothing_behind(own_stage):
    server = own_stage.gatehouse(start=False)
    server.data = server.data / "tenants"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server.listen = f"127.0.0.1:{other.getsockname()[1]}"
        sentence = f"cannot listen at {server.listen}: another program has this port"
        assert_neither_starts(server, sentence, UNAVAILABLE)
        assert "--listen" in check(server).stderr
    assert not server.data.exists()
    assert check(server).returncode == 0


def test_a_port_of_the_metrics_in_use_is_a_sentence(own_stage):
    server = own_stage.gatehouse(start=False)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server.options = ("--metrics-listen", f"127.0.0.1:{other.getsockname()[1]}")
        assert_neither_starts(server, "another program has this port", UNAVAILABLE)
        assert "--metrics-listen" in check(server).stderr
    assert not (server.data / ".master-key").exists()


def test_one_port_for_both_listeners_is_refused(own_stage):
    server = own_stage.gatehouse(start=False)
    server.options = ("--metrics-listen", server.listen)
    assert_neither_starts(server, "--listen and --metrics-listen are both")


def test_a_missing_key_file_is_refused(own_stage):
    server = own_stage.gatehouse(start=False)
    server.create_account("acme")
    (server.data / ".master-key").unlink()
    assert_neither_starts(server, "there is no master key at")


def test_a_key_file_that_cannot_be_made_is_refused(own_stage):
    server = own_stage.gatehouse(start=False)
    key = server.data / "nowhere" / "key"
    server.options = ("--master-key-file", str(key))
    checked = check(server)
    assert checked.returncode == CONFIGURATION and f"cannot create {key}" in checked.stderr


def test_too_few_open_files_are_refused(own_stage):
    server = own_stage.gatehouse(start=False, before=("prlimit", "--nofile=100:100"))
    assert_neither_starts(server, "The limit of open files is 100")


def test_every_problem_is_named_at_once(own_stage):
    server = own_stage.gatehouse(start=False, before=("prlimit", "--nofile=100:100"))
    server.listen = "192.0.2.1:8080"
    checked = check(server)
    assert "The limit of open files" in checked.stderr and "no such address" in checked.stderr


# Version, manual, completions.


def test_the_version_is_told():
    done = shell("", "--version")
    assert done.returncode == 0 and re.fullmatch(r"gatehouse \d+\.\d+\.\d+\n", done.stdout)


def rendered() -> str:
    page = shell("", "manual").stdout
    command = ["groff", "-man", "-Tutf8", "-ww", "-rHY=0"]
    done = subprocess.run(
        command, input=page, capture_output=True, text=True, check=True, env={**os.environ, "GROFF_NO_SGR": "1"}
    )
    assert done.stderr == "", "a warning of groff"
    return re.sub(".\b", "", done.stdout)


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed here")
def test_the_manual_has_every_command_and_option():
    text = rendered()
    flat = re.sub(r"\s+", " ", text)
    for leaf in leaves(program()):
        assert f"gatehouse {leaf}" in flat, leaf

    def options(command: dict):
        for argument in command.get("arguments", []):
            name = argument.get("preferredName", {})
            if name.get("kind") == "long":
                yield f"--{name['name']}"
        for below in command.get("subcommands", []):
            yield from options(below)

    assert [option for option in set(options(program())) - {"--help", "--version"} if option not in flat] == []
    for status in (MISSING, UNAVAILABLE, NOT_WRITTEN, CONFIGURATION, USAGE):
        assert re.search(rf"^\s+{status}\s+[A-Z]", text, re.MULTILINE), status
    assert "GATEHOUSE_MASTER_KEY_FILE" in flat


def test_bash_completes_commands_and_options(tmp_path):
    script = tmp_path / "gatehouse"
    script.write_text(shell("", "--generate-completion-script", "bash").stdout)

    def complete(*typed: str) -> set[str]:
        line = " ".join(typed)
        drive = (
            f'source {script}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="{line}"; COMP_POINT={len(line)}\n'
            'declare -F _gatehouse > /dev/null; _gatehouse gatehouse "${COMP_WORDS[COMP_CWORD]}" ""\n'
            "printf '%s\\n' \"${COMPREPLY[@]}\""
        )
        path = {**os.environ, "PATH": f"{gatehouse_binary().parent}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", drive, "bash", *typed], capture_output=True, text=True, check=True, env=path
        )
        return set(done.stdout.split())

    assert {"serve", "account", "check-config", "manual"} <= complete("gatehouse", "")
    assert {"create", "delete", "single-sign-on"} <= complete("gatehouse", "account", "")
    assert {"--listen", "--master-key-file"} <= complete("gatehouse", "serve", "--")


@pytest.mark.parametrize(("kind", "begins"), [("zsh", "#compdef gatehouse"), ("fish", "function __gatehouse")])
def test_the_other_shells_have_completions_too(kind, begins, tmp_path):
    made = shell("", "--generate-completion-script", kind)
    assert made.returncode == 0 and begins in made.stdout and "check-config" in made.stdout
    if shutil.which(kind):
        script = tmp_path / "script"
        script.write_text(made.stdout)
        subprocess.run([kind, "-n", script], check=True, capture_output=True)


def test_the_document_says_how_each_shell_completes():
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    for kind in ("bash", "zsh", "fish"):
        assert f"gatehouse --generate-completion-script {kind} >" in text


def test_the_document_has_every_exit_code():
    text = (REPOSITORY / "docs" / "operations.md").read_text()
    manual = shell("", "manual").stdout
    told = set(re.findall(r'^\.B "(\d+)"$', manual, re.MULTILINE))
    assert told == set(re.findall(r"^\| (\d+) \| ", text, re.MULTILINE))
