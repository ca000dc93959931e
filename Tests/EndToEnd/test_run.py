"""`gatehouse run`: the environment, the token's file, signals, exit codes, what stays behind (nothing)."""

import contextlib
import http.server
import json
import os
import pty
import re
import select
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from harness.account import Api
from harness.gatehouse import gatehouse_binary
from harness.listener import Listener
from harness.process import Child
from harness.scene import play
from harness.sealing import seal
from harness.waiting import DEADLINE_SECONDS, free_port, wait_until

NAMES = {
    "CONNECT_SERVER",
    "CONNECT_API_KEY",
    "CONNECT_CONTENT_GUID",
    "CONNECT_CONTENT_SESSION_TOKEN_FILE",
    "POSIT_PRODUCT",
    "DATABRICKS_HOST",
}
SOON = {"GATEHOUSE_TOKEN_REFRESH": "50"}
"""Debug builds: the token is refreshed each 50 ms."""


@pytest.fixture(scope="module")
def shared(server, stage):
    return play(server, stage.simulator("databricks"))


@pytest.fixture
def place(tmp_path):
    """Where the token's folder is made; it must be empty again in the end."""
    path = tmp_path / "runtime"
    path.mkdir()
    yield path
    assert list(path.iterdir()) == []


class Runner:
    """Starts content of a scene."""

    def __init__(self, scene, place: Path) -> None:
        self.scene, self.place = scene, place
        self.children: list[Child] = []

    def environment(self, **more: str) -> dict:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        server = {"GATEHOUSE_SERVER": self.scene.server.base_url, "GATEHOUSE_API_KEY": self.scene.publisher.key}
        return {**kept, "XDG_RUNTIME_DIR": str(self.place), **server, **more}

    def line(self, *command: str, options: tuple[str, ...] = ()) -> list:
        words = ("--", *command) if command else ()
        return [gatehouse_binary(), "run", self.scene.content["guid"], *options, *words]

    def run(self, *command: str, options: tuple[str, ...] = (), environment: dict | None = None, **more):
        return subprocess.run(
            self.line(*command, options=options),
            env=self.environment() if environment is None else environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
            **{"stdin": subprocess.DEVNULL, **more},
        )

    def python(self, script: str, **more):
        return self.run(sys.executable, "-c", script, **more)

    def start(self, script: str, options: tuple[str, ...] = (), **environment: str) -> Child:
        """A Python program that prints `ready`."""
        command = ["env", "-i", *(f"{name}={value}" for name, value in self.environment(**environment).items())]
        line = [*command, *self.line(sys.executable, "-u", "-c", script, options=options)]
        self.children.append(Child("gatehouse run", line, ready=re.compile("^(ready)")))
        return self.children[-1]

    def stop(self) -> None:
        for child in self.children:
            child.stop()


@pytest.fixture
def runner(shared, place):
    runner = Runner(shared, place)
    yield runner
    runner.stop()


def test_the_command_gets_what_content_expects(runner):
    before = runner.environment(OWN="own", CONNECT_CONTENT_SESSION_TOKEN="old", CONNECT_API_KEY="old")
    done = runner.python(
        "import json, os, sys; print(json.dumps([dict(os.environ), open("
        "os.environ['CONNECT_CONTENT_SESSION_TOKEN_FILE']).read()]))",
        environment=before,
    )
    assert (done.returncode, done.stderr) == (0, "")
    given, token = json.loads(done.stdout)
    assert set(given) - {"LC_CTYPE"} == (set(before) - {"GATEHOUSE_API_KEY", "CONNECT_CONTENT_SESSION_TOKEN"}) | NAMES
    assert given["OWN"] == "own" and given["CONNECT_CONTENT_GUID"] == runner.scene.content["guid"]
    assert given["DATABRICKS_HOST"] == f"http://{runner.scene.provider.host}"
    assert token.startswith("gst_") and token == token.strip()
    # Not the key of whoever started it.
    assert given["CONNECT_API_KEY"].startswith("gh_")
    assert runner.scene.publisher.key not in done.stdout


def test_the_sdk_exchanges_with_nothing_but_this_environment(runner):
    done = runner.python(
        "import json, sys; from posit.connect import Client; client = Client();"
        f"print(client.oauth.get_credentials({runner.scene.token!r})['access_token']);"
        "print(client.me.guid)"
    )
    assert done.returncode == 0, done.stderr
    token, guid = done.stdout.split()
    assert runner.scene.provider.whoami(token) == runner.scene.username
    assert guid == runner.scene.publisher.guid


@pytest.mark.parametrize("way", ["--key", "--key-file", "GATEHOUSE_API_KEY", "CONNECT_API_KEY"])
def test_the_key_comes_by_four_ways(runner, tmp_path, way):
    key = runner.scene.publisher.key
    file = tmp_path / "key"
    file.write_text(f"{key}\n")
    environment = runner.environment()
    del environment["GATEHOUSE_API_KEY"]
    options = {"--key": ("--key", key), "--key-file": ("--key-file", str(file))}.get(way, ())
    if not options:
        environment[way] = key
    show = "import os; print(open('/proc/self/cmdline').read()); print(dict(os.environ))"
    done = runner.python(show, options=options, environment=environment)
    assert done.returncode == 0, done.stderr
    assert key not in done.stdout and "CONNECT_API_KEY" in done.stdout


@pytest.mark.parametrize("way", ["--key", "--key=", "GATEHOUSE_API_KEY", "CONNECT_API_KEY"])
def test_the_content_does_not_find_the_key_at_its_parent(runner, way):
    key = runner.scene.publisher.key
    environment = runner.environment()
    del environment["GATEHOUSE_API_KEY"]
    options = {"--key": ("--key", key), "--key=": (f"--key={key}",)}.get(way, ())
    if not options:
        environment[way] = key
    look = (
        "import os; parent = f'/proc/{os.getppid()}/';"
        "print([open(parent + name, errors='replace').read() for name in ('cmdline', 'environ')])"
    )
    done = runner.python(look, options=options, environment=environment)
    assert done.returncode == 0, done.stderr
    assert key not in done.stdout and "gatehouse" in done.stdout


def test_words_and_files_are_passed_on_as_they_are(runner):
    words = [b"--json", b"--key", b"a b", b"", b"\xff\xfe", b"$HOME", "ü".encode(), b"--"]
    script = "import os, sys; print([os.fsencode(one) for one in sys.argv[1:]]); print(sys.stdin.read())"
    done = runner.run(sys.executable, "-c", script, *words, stdin=None, input="from standard input")
    assert done.stdout.splitlines() == [str(words), "from standard input"]
    reader, writer = os.pipe()
    os.write(writer, b"meant for the content")
    os.close(writer)
    script = f"import os; print(os.read({reader}, 99)); print(sorted(os.listdir('/proc/self/fd')))"
    done = runner.python(script, pass_fds=(reader,))
    os.close(reader)
    first, second = done.stdout.splitlines()
    assert first == str(b"meant for the content")
    # 0 to 2, the pipe, and the directory that is being listed.
    assert len(json.loads(second.replace("'", '"'))) == 5


def test_modes_and_ignored_signals_are_those_of_whoever_started_it(runner):
    script = "import os, signal; print(oct(os.umask(0))); print(open('/proc/self/status').read())"
    plain, own = runner.python(script), subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    # The C library keeps the first two real-time signals for itself, and ignores them in what it starts.
    internal = 1 << 32 - 1 | 1 << 33 - 1

    def told(output: str) -> list[str | int]:
        masks = re.findall(r"^Sig(?:Blk|Ign|Cgt):\s*(\w+)", output, re.MULTILINE)
        return [output.splitlines()[0], *(int(mask, 16) & ~internal for mask in masks)]

    assert told(plain.stdout) == told(own.stdout)
    nohup = runner.run("nohup", sys.executable, "-c", script)
    assert told(nohup.stdout)[2] & 1 << signal.SIGHUP - 1
    line = ["nohup", *runner.line(sys.executable, "-c", script)]
    outer = subprocess.run(
        line, env=runner.environment(), capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
    )
    assert told(outer.stdout) == told(nohup.stdout)


@pytest.mark.parametrize("code", [0, 1, 3, 127, 255])
def test_the_exit_code_is_the_commands(runner, code):
    done = runner.run("sh", "-c", f"exit {code}")
    assert (done.returncode, done.stdout, done.stderr) == (code, "", "")


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV", "PIPE", "HUP"])
def test_a_signal_that_ends_the_command_is_128_and_its_number(runner, name):
    done = runner.run("sh", "-c", f"kill -{name} $$")
    assert done.returncode == 128 + getattr(signal, f"SIG{name}"), done.stderr


def test_the_folder_is_the_owners_alone_and_goes(runner):
    script = (
        "import os, stat; path = os.environ['CONNECT_CONTENT_SESSION_TOKEN_FILE']; folder = os.path.dirname(path);"
        "print(folder, oct(stat.S_IMODE(os.stat(folder).st_mode)), oct(stat.S_IMODE(os.stat(path).st_mode)),"
        "os.listdir(folder))"
    )
    done = runner.python(script)
    folder, *modes = done.stdout.split(maxsplit=3)
    assert Path(folder).parent == runner.place and not Path(folder).exists()
    assert modes == ["0o700", "0o600", "['content-session-token']\n"]


@pytest.mark.parametrize("missing", ["unset", "/nonexistent", "/proc"])
def test_without_a_runtime_folder_there_is_tmpdir(runner, tmp_path, missing):
    environment = runner.environment(TMPDIR=str(tmp_path), XDG_RUNTIME_DIR=missing)
    if missing == "unset":
        del environment["XDG_RUNTIME_DIR"]
    done = runner.python("import os; print(os.environ['CONNECT_CONTENT_SESSION_TOKEN_FILE'])", environment=environment)
    assert Path(done.stdout.strip()).parent.parent == tmp_path
    assert list(tmp_path.glob("gatehouse-run-*")) == []


WATCH = """
import os, signal, sys, time
def told(number, frame):
    print("got", signal.Signals(number).name, flush=True)
for name in "INT TERM HUP QUIT USR1 USR2 WINCH".split():
    signal.signal(getattr(signal, "SIG" + name), told)
signal.signal(signal.SIGALRM, lambda *_: sys.exit(7))
print("pid", os.getpid(), flush=True)
print("ready", flush=True)
while True:
    signal.pause()
"""


def inner_pid(child: Child) -> int:
    return int(next(line for line in child.lines if line.startswith("pid ")).split()[1])


def test_signals_are_passed_on_once_and_the_command_decides(runner):
    child = runner.start(WATCH)
    names = ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "WINCH"]
    for name in names:
        child.process.send_signal(getattr(signal, f"SIG{name}"))
        wait_until(lambda name=name: f"got SIG{name}" in child.lines, f"{name} arrives")
    assert child.running
    os.kill(inner_pid(child), signal.SIGALRM)
    assert child.await_exit() == 7
    assert [line for line in child.lines if line.startswith("got")] == [f"got SIG{name}" for name in names]


def test_sigterm_ends_both_and_leaves_nothing(runner):
    child = runner.start("import time; print('ready'); time.sleep(60)")
    assert len(list(runner.place.iterdir())) == 1
    child.process.send_signal(signal.SIGTERM)
    assert child.await_exit() == 128 + signal.SIGTERM
    assert list(runner.place.iterdir()) == []


class Terminal:
    """`gatehouse run` as the leader of a session with a terminal, as in a terminal's window."""

    def __init__(self, runner: Runner, script: str) -> None:
        line = [str(word) for word in runner.line(sys.executable, "-u", "-c", script)]
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execve(line[0], line, runner.environment())
        self.output = b""

    def read_until(self, what: bytes) -> None:
        def read() -> bool:
            if select.select([self.terminal], [], [], 0)[0]:
                self.output += os.read(self.terminal, 4096)
            return what in self.output

        wait_until(read, f"{what!r} is shown")

    def type(self, keys: bytes) -> None:
        os.write(self.terminal, keys)

    def await_exit(self) -> int:
        return wait_until(lambda: [os.waitstatus_to_exitcode(code) for pid, code in [self._poll()] if pid], "it ends")[
            0
        ]

    def _poll(self) -> tuple[int, int]:
        return os.waitpid(self.pid, os.WNOHANG)


@pytest.fixture
def open_terminal(runner):
    terminals = []

    def open_terminal(script: str) -> Terminal:
        terminals.append(Terminal(runner, script))
        return terminals[-1]

    yield open_terminal
    for terminal in terminals:
        with contextlib.suppress(OSError):
            os.close(terminal.terminal)
        with contextlib.suppress(OSError):
            os.kill(terminal.pid, signal.SIGKILL)
            os.waitpid(terminal.pid, 0)


def test_ctrl_c_at_a_terminal_reaches_the_command_once(open_terminal):
    terminal = open_terminal(WATCH)
    terminal.read_until(b"ready")
    terminal.type(b"\x03")
    terminal.read_until(b"got SIGINT")
    # Whatever else Ctrl-C may have caused has come before the answer to this one, which is passed on.
    os.kill(terminal.pid, signal.SIGUSR1)
    terminal.read_until(b"got SIGUSR1")
    assert terminal.output.count(b"got SIGINT") == 1
    os.kill(int(re.search(rb"pid (\d+)", terminal.output).group(1)), signal.SIGALRM)
    assert terminal.await_exit() == 7


def test_a_terminal_that_hangs_up_is_told_to_the_command(open_terminal, tmp_path):
    # Here gatehouse leads the session, and it alone is told; the command writes what it gets to a file.
    report = tmp_path / "report"
    terminal = open_terminal(
        f"import signal, sys, os\ndef told(*_):\n    open({str(report)!r}, 'w').write('hup'); os._exit(0)\n"
        "signal.signal(signal.SIGHUP, told)\nprint('ready', flush=True)\nwhile True: signal.pause()"
    )
    terminal.read_until(b"ready")
    os.close(terminal.terminal)
    assert terminal.await_exit() == 0
    assert report.read_text() == "hup"


FOLLOW = """
import os, time
path = os.environ["CONNECT_CONTENT_SESSION_TOKEN_FILE"]
folder = os.path.dirname(path)
print("path", path, flush=True)
print("ready", flush=True)
seen = set()
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.001)
    with open(path) as file:
        state = (os.fstat(file.fileno()).st_ino, oct(os.fstat(file.fileno()).st_mode & 0o777), file.read())
    if state not in seen:
        seen.add(state)
        print("token", *state, flush=True)
"""


def tokens(child: Child) -> list[list[str]]:
    return [line.split()[1:] for line in child.lines if line.startswith("token ")]


def test_the_token_is_replaced_in_one_step(runner):
    child = runner.start(FOLLOW, **SOON)
    wait_until(lambda: len(tokens(child)) >= 5, "the token is refreshed a few times")
    # Each look found a whole token in a file of its own: never half of one, never another mode.
    assert all(len(state) == 3 and state[1] == "0o600" and state[2].startswith("gst_") for state in tokens(child))
    assert len({len(state[2]) for state in tokens(child)}) == 1
    child.stop()
    assert list(runner.place.iterdir()) == []


def test_the_token_stays_fresh_while_the_server_comes_and_goes(own_stage, place):
    server = own_stage.gatehouse()
    scene = play(server, own_stage.simulator("databricks"), log_in=False)
    child = own_stage.keep(Runner(scene, place).start(FOLLOW, **SOON))
    wait_until(lambda: tokens(child), "the first token is there")
    first = tokens(child)[-1][2]
    server.stop()
    wait_until(lambda: "was not refreshed, which is tried again" in child.output, "it says so")
    assert child.running
    server.start(clock_offset=3600)
    wait_until(lambda: tokens(child)[-1][2] != first, "a newer token is there")
    wait_until(lambda: "is fresh again" in child.output, "it says so")
    assert child.output.count("which is tried again") == 1
    # A key that is refused meanwhile does not end it either.
    for key in scene.publisher.api.ok("GET", f"v1/users/{scene.publisher.guid}/keys"):
        scene.publisher.api("DELETE", f"v1/users/{scene.publisher.guid}/keys/{key['id']}")
    wait_until(lambda: child.output.count("which is tried again") == 2, "it says so")
    assert child.running and "The key is refused" in child.output
    child.stop()


AT_ONCE = {"GATEHOUSE_KEY_CHECK": "50"}
"""Debug builds: the server is asked each 50 ms whether the content's key still works."""

HOLD = """
import os, signal, sys
def told(number, frame):
    print("ended", os.getpid(), flush=True)
    sys.exit(3)
signal.signal(signal.SIGTERM, told)
path = os.environ["CONNECT_CONTENT_SESSION_TOKEN_FILE"]
print("started", os.getpid(), os.getcwd(), path, os.environ["CONNECT_API_KEY"], open(path).read(), flush=True)
print("ready", flush=True)
while True:
    signal.pause()
"""


def starts(child: Child) -> list[list[str]]:
    return [line.split()[1:] for line in child.lines if line.startswith("started ")]


@pytest.fixture
def take_off(shared):
    """A co-owner of the content, who is taken off it when this is called."""
    other = shared.account.add("publisher")
    path = f"v1/content/{shared.content['guid']}/permissions"

    def list_them() -> str:
        body = {"principal_guid": other.guid, "principal_type": "user", "role": "owner"}
        return shared.publisher.api.ok("POST", path, json=body)["id"]

    listed = [list_them()]

    def take_off() -> None:
        shared.publisher.api.ok("DELETE", f"{path}/{listed.pop()}")
        listed.append(list_them())

    yield take_off
    shared.publisher.api.ok("DELETE", f"{path}/{listed.pop()}")


def test_the_command_is_started_again_with_another_key_when_its_key_ends(runner, take_off):
    child = runner.start(HOLD, **AT_ONCE)
    for count in (2, 3):
        take_off()
        wait_until(lambda count=count: len(starts(child)) == count, "the command is started again")
    (pid, *place, key, token), (next_pid, *next_place, next_key, next_token), *_ = starts(child)
    # In the same folder, with the token in the same file.
    assert place == next_place
    assert pid != next_pid and key != next_key and token != next_token
    assert f"ended {pid}" in child.lines
    assert child.output.count("is started again with a new one") == 2 and child.running
    api = Api(runner.scene.server, starts(child)[-1][-2])
    assert api.ok("GET", f"v1/content/{runner.scene.content['guid']}")["guid"] == runner.scene.content["guid"]
    child.process.send_signal(signal.SIGTERM)
    assert child.await_exit() == 3
    assert len(starts(child)) == 3
    assert list(runner.place.iterdir()) == []


def test_with_no_restart_it_is_only_said(runner, take_off):
    child = runner.start(FOLLOW, options=("--no-restart",), **AT_ONCE)
    wait_until(lambda: tokens(child), "the first token is there")
    first = tokens(child)[-1][2]
    take_off()
    wait_until(lambda: "start the command again" in child.output, "it says so")
    # The token's file has the new one all the same, and the command goes on.
    wait_until(lambda: tokens(child)[-1][2] != first, "the new token is there")
    assert child.lines.count("ready") == 1 and child.running
    child.stop()


def test_a_command_that_is_asked_to_end_while_it_restarts_is_not_started_again(runner, take_off):
    script = (
        HOLD.replace('print("ended", os.getpid(), flush=True)', 'print("asked", flush=True)')
        .replace("sys.exit(3)", "global count; count += 1; count < 2 or sys.exit(3)")
        .replace("import os, signal, sys", "import os, signal, sys; count = 0")
    )
    child = runner.start(script, **AT_ONCE)
    take_off()
    wait_until(lambda: "asked" in child.lines, "the command is asked to end")
    child.process.send_signal(signal.SIGTERM)
    assert child.await_exit() == 3
    assert len(starts(child)) == 1


def test_a_key_is_not_taken_for_ended_while_the_server_is_away(own_stage, place):
    server = own_stage.gatehouse()
    scene = play(server, own_stage.simulator("databricks"), log_in=False)
    child = Runner(scene, place).start(HOLD, **AT_ONCE, **SOON)
    server.stop()
    wait_until(lambda: "which is tried again" in child.output, "it says so")
    server.start()
    wait_until(lambda: "is fresh again" in child.output, "it says so")
    assert len(starts(child)) == 1
    child.stop()


def test_a_warning_of_the_server_is_shown(runner, own_stage):
    scene = runner.scene
    second = scene.account.add_integration(own_stage.simulator("databricks"), name="Second")
    content = scene.account.add_content(scene.publisher, scene.integration, second)
    line = [gatehouse_binary(), "run", content["guid"], "--", "sh", "-c", 'echo "host ${DATABRICKS_HOST-none}"']
    done = subprocess.run(
        line, env=runner.environment(), capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
    )
    assert (done.returncode, done.stdout) == (0, "host none\n")
    assert done.stderr.startswith("gatehouse: DATABRICKS_HOST is not set by ") and done.stderr.count("\n") == 1


def test_json_and_print_env_start_nothing(runner):
    names = runner.run(options=("--print-env",))
    assert names.returncode == 0
    assert names.stdout.split() == sorted(NAMES)
    answer = runner.run(options=("--json",))
    sheet = json.loads(answer.stdout)
    same = runner.scene.publisher.api.ok("GET", f"v1/content/{runner.scene.content['guid']}/runtime")
    assert {one["name"]: one["value"] for one in sheet["environment"]} == {
        one["name"]: one["value"] for one in same["environment"]
    }
    assert answer.stderr == names.stderr == ""


@pytest.mark.parametrize(
    ("options", "command"),
    [
        ((), ()),
        (("--json",), ("true",)),
        (("--print-env",), ("true",)),
        (("--json", "--print-env"), ()),
        (("--key", "a", "--key-file", "b"), ("true",)),
        (("--key-file", "/nonexistent"), ("true",)),
        (("--server", "gatehouse.example"), ("true",)),
        (("--server", "http://gatehouse.example"), ("true",)),
        (("--server", "https://u:p@gatehouse.example"), ("true",)),
        (("--server", ""), ("true",)),
    ],
)
def test_a_command_line_that_makes_no_sense_is_64(runner, options, command):
    done = runner.run(*command, options=options)
    assert done.returncode == 64 and len(done.stderr) > 20, done.stderr
    assert done.stdout == ""


def test_without_a_key_or_a_server_it_says_what_is_missing(runner):
    for name, word in (("GATEHOUSE_API_KEY", "--key-file"), ("GATEHOUSE_SERVER", "--server")):
        environment = runner.environment()
        del environment[name]
        done = runner.run("true", environment=environment)
        assert done.returncode == 64 and word in done.stderr


def test_a_command_that_is_not_there_is_127_and_one_that_cannot_be_started_126(runner, tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("no program")
    for command, code in [
        ("no-such-command", 127), ("/no/such/command", 127), ("", 127), (str(plain), 126), (str(tmp_path), 126),
    ]:  # fmt: skip
        done = runner.run(command)
        assert done.returncode == code, f"{command}: {done.returncode} {done.stderr}"
        assert done.stderr.startswith(f"gatehouse: The command {command} ")


def test_a_server_that_is_away_is_69(runner):
    started = runner.environment(GATEHOUSE_SERVER=f"http://127.0.0.1:{free_port()}")
    done = runner.run("echo", "started", environment=started)
    assert (done.returncode, done.stdout) == (69, "")
    assert done.stderr.startswith("gatehouse: The server cannot be reached: ") and done.stderr.count("\n") == 1


def test_a_key_that_is_refused_is_77(runner):
    stranger = runner.scene.account.add("publisher").key
    for key in ("nonsense", runner.scene.publisher.key[:-1] + "x", stranger, runner.scene.viewer.key):
        done = runner.run("echo", "started", environment=runner.environment(GATEHOUSE_API_KEY=key))
        assert (done.returncode, done.stdout) == (77, ""), done.stderr
        assert done.stderr.startswith("gatehouse: The key is refused: ") and key not in done.stderr


def test_content_that_is_not_there_is_66(runner):
    elsewhere = runner.scene.server.create_account().admin.key
    done = runner.run("true", environment=runner.environment(GATEHOUSE_API_KEY=elsewhere))
    assert done.returncode == 66 and "same account" in done.stderr
    line = [gatehouse_binary(), "run", "nonsense", "--", "true"]
    done = subprocess.run(
        line, env=runner.environment(), capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
    )
    assert done.returncode == 64


def test_something_else_at_the_address_is_76(runner, own_stage):
    listener = own_stage.keep(Listener())
    environment = runner.environment(GATEHOUSE_SERVER=listener.origin)
    done = runner.run("true", environment=environment)
    assert done.returncode == 76 and "is no Gatehouse" in done.stderr


def test_the_key_is_in_no_file_and_not_in_the_commands_memory_of_words(runner):
    child = runner.start("import time; print('ready'); time.sleep(60)")
    for file in runner.place.rglob("*"):
        assert not file.is_file() or runner.scene.publisher.key not in file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0
    child.stop()


# Variables that belong to the machine.


def test_what_decides_which_code_is_run_is_not_handed_on(runner):
    """Set by an earlier version, by whoever may edit the content."""
    scene = runner.scene
    server, slug, guid = scene.server, scene.account.slug, scene.content["guid"]
    planted = {
        "PATH": "/tmp/mine", "LD_PRELOAD": "/tmp/mine.so", "PYTHONSTARTUP": "/tmp/mine.py", "MAKEFLAGS": "/tmp/mine",
        "SSL_CERT_FILE": "/tmp/mine.pem", "https_proxy": "http://tmp/mine", "CERTIFICATES": "/proc/self/environ",
        "GREETING": "hello",
    }  # fmt: skip
    with sqlite3.connect(server.data / slug / "account.sqlite") as database:
        for name, value in planted.items():
            sealed = seal(server.data, slug, "environment_variable", "value", f"{guid}/{name}", value)
            database.execute("INSERT INTO environment_variable VALUES (?, ?, ?)", (guid, name, sealed))
    own = {"REQUESTS_CA_BUNDLE": "/etc/ssl/own.pem", "HTTPS_PROXY": "http://proxy.example:3128", "MAKEFLAGS": "-j2"}
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    done = runner.python(script, environment=runner.environment(**own))
    assert done.returncode == 0, done.stderr
    given = json.loads(done.stdout)
    assert given["PATH"] == os.environ["PATH"] and given["GREETING"] == "hello"
    # What whoever starts the content has set is handed on as it is.
    assert {name: given[name] for name in own} == own
    for name in ("LD_PRELOAD", "PYTHONSTARTUP", "SSL_CERT_FILE", "https_proxy", "CERTIFICATES"):
        assert name not in given
    for name in set(planted) - {"GREETING"}:
        assert f"{name} is set for this content and is left out" in done.stderr
    assert "/tmp/mine" not in done.stderr and "environ" not in done.stderr.replace("environment", "")


class OldServer(http.server.BaseHTTPRequestHandler):
    """A server that hands on what it was given."""

    variables: ClassVar[dict[str, str]] = {
        "PATH": "/tmp/mine",
        "BASH_ENV": "/tmp/mine.sh",
        "CERTIFICATES": "/dev/fd/3",
        "GREETING": "hello",
    }

    def do_GET(self) -> None:
        sheet = {
            "environment": [{"name": name, "value": value} for name, value in self.variables.items()],
            "content_session_token": "token",
            "expires_at": "2100-01-01T00:00:00Z",
            "expires_in": 3600,
            "warnings": [],
        }
        body = json.dumps(sheet).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing is printed."""


def test_an_older_server_does_not_decide_what_is_run_either(runner):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OldServer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        environment = runner.environment(GATEHOUSE_SERVER=f"http://127.0.0.1:{server.server_address[1]}")
        script = "import json, os; print(json.dumps(dict(os.environ)))"
        done = runner.python(script, environment=environment)
        names = runner.run(options=("--print-env",), environment=environment).stdout.split()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    given = json.loads(done.stdout)
    assert given["PATH"] == os.environ["PATH"] and given["GREETING"] == "hello" and "BASH_ENV" not in given
    assert "CERTIFICATES" not in given and done.stderr.count("is left out") == 3
    assert "PATH" not in names and "GREETING" in names
