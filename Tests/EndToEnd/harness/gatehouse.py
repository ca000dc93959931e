"""Gatehouse as an operator has it: the server process and the command line."""

import json
import os
import re
import subprocess
from pathlib import Path

import requests

from . import seeded
from .account import Account
from .journal import Journal
from .process import Child
from .simulator import BINARIES
from .waiting import DEADLINE_SECONDS, free_port, wait_until


def gatehouse_binary() -> Path:
    return Path(os.environ.get("GATEHOUSE_BIN", BINARIES / "gatehouse"))


class CommandFailed(AssertionError):
    def __init__(self, command: list[str], code: int, output: str, errors: str) -> None:
        super().__init__(f"gatehouse {' '.join(command)} ended with {code}\n{output}\n{errors}")
        self.code = code
        self.output = output
        self.errors = errors


class Gatehouse:
    """One data folder, the command line on it, and (while started) the one server on it."""

    def __init__(
        self,
        data: Path,
        content_port: int | None = None,
        allow_hosts: tuple[str, ...] = ("localhost", "127.0.0.1"),
        options: tuple[str, ...] = (),
        own_origins: bool = False,
        before: tuple[str, ...] = (),
        hold_in: Path | None = None,
        movable_clock: bool = False,
    ) -> None:
        """`options` are given to every start, besides those of that start alone; `before` is a command that runs it.

        With `movable_clock` the clock of the running server can be set (`set_clock`).
        `hold_in` is the folder by which a test holds steps of a debug build (`harness/holding.py`).

        With `own_origins` each content has an origin of its own, GUID.localhost.
        """
        self.data = data
        self.port = free_port()
        self.listen = f"127.0.0.1:{self.port}"
        self.base_url = f"http://localhost:{self.port}"
        # Without a proxy of its own, content's origin is the same server under another host name.
        self.content_url = f"http://{'*.localhost' if own_origins else '127.0.0.1'}:{content_port or self.port}"
        self.allow_hosts = allow_hosts
        self.options = options
        self.before = before
        self.hold_in = hold_in
        self.clock_file = self.data.with_name(self.data.name + "-clock") if movable_clock else None
        self.journal = Journal()
        self.children: list[Child] = []
        self.child: Child | None = None
        self.companions: list[Child] = []

    def content_origin(self, content: dict) -> str:
        return self.content_url.replace("*", content["guid"])

    def content_address(self, content: dict, rest: str = "/") -> str:
        """Where a browser finds a page of a content: at / of an origin of its own, or below its prefix."""
        prefix = "" if "*" in self.content_url else f"/content/{content['guid']}"
        return f"{self.content_origin(content)}{prefix}{rest}"

    # The server.

    def serve_command(self, *more: str) -> list[str | Path]:
        command: list[str | Path] = [*self.before, gatehouse_binary(), "serve", "--data", self.data]
        command += ["--listen", self.listen, "--base-url", self.base_url, "--content-url", self.content_url]
        for host in self.allow_hosts:
            command += ["--allow-host", host]
        return [*command, *self.options, *more]

    def start(self, clock_offset: int = 0, crash_at: str = "", more: tuple[str, ...] = ()) -> "Gatehouse":
        environment = {"GATEHOUSE_CLOCK_OFFSET_FILE": str(self.clock_file)} if self.clock_file else {}
        if clock_offset:
            environment["GATEHOUSE_CLOCK_OFFSET"] = str(clock_offset)
        if crash_at:
            environment["GATEHOUSE_CRASH_AT"] = crash_at
        if self.hold_in:
            environment["GATEHOUSE_HOLD_IN"] = str(self.hold_in)
        self.child = Child("gatehouse", self.serve_command(*more), environment)
        self.children.append(self.child)
        return self

    def set_clock(self, seconds: int) -> None:
        """Move the wall clock of the running server by so much against the real one, as whoever sets a clock does."""
        assert self.clock_file is not None
        new = self.clock_file.with_suffix(".new")
        new.write_text(str(seconds))
        new.rename(self.clock_file)

    def stop(self) -> int:
        code = self.child.stop() if self.child else 0
        self.child = None
        return code

    def stop_all(self) -> None:
        """The server, and what was started with `run_content`."""
        for companion in self.companions:
            companion.stop()
        self.stop()

    def restart(self, clock_offset: int = 0, crash_at: str = "") -> None:
        self.stop()
        self.start(clock_offset, crash_at)

    def await_crash(self) -> None:
        """The server has killed itself at its GATEHOUSE_CRASH_AT step."""
        assert self.child is not None
        wait_until(lambda: not self.child.running, "the server crashes at its step")
        assert self.child.await_exit() == -9
        self.child = None

    def await_log(self, part: str) -> str:
        """The lines of the log that have this part, once there is one: they come through a pipe, after the answer."""
        lines = wait_until(lambda: [line for line in self.logs.splitlines() if part in line], f"the log says {part}")
        return "\n".join(lines)

    @property
    def logs(self) -> str:
        return "\n".join(child.output for child in self.children)

    # The command line.

    def run(self, *command: str, environment: dict[str, str] | None = None, data: bool = True):
        line = [str(part) for part in command]
        if data:
            line += ["--data", str(self.data)]
        return subprocess.run(
            [gatehouse_binary(), *line],
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=DEADLINE_SECONDS,
            check=False,
        )

    def command(self, *command: str, environment: dict[str, str] | None = None) -> str:
        """Run a command that must succeed; answers what it printed."""
        done = self.run(*command, environment=environment)
        if done.returncode != 0:
            raise CommandFailed(list(command), done.returncode, done.stdout, done.stderr)
        return done.stdout

    def json(self, *command: str) -> dict | list:
        return json.loads(self.command(*command, "--json"))

    def create_account(self, slug: str | None = None, name: str | None = None, email: str | None = None) -> Account:
        slug = slug or "t-" + seeded.token_hex(5)
        email = email or f"ada@{slug}.example"
        made = self.json(
            "account", "create", slug, "--name", name or slug.title(),
            "--admin-email", email, "--base-url", self.base_url,
        )  # fmt: skip
        return Account(self, slug, made)

    def run_content(
        self, content: dict, key: str, *command: str | Path, environment: dict[str, str] | None = None, **more
    ) -> Child:
        """`gatehouse run`: the command with the environment of a content. Ready when it prints `ready`."""
        line = [gatehouse_binary(), "run", content["guid"], "--server", self.base_url, "--key", key, "--", *command]
        child = Child("gatehouse run", line, environment, **{"ready": re.compile("^(ready)"), **more})
        self.companions.append(child)
        return child

    def url(self, path: str) -> str:
        return self.base_url + path

    def get(self, path: str, **more) -> requests.Response:
        return self.journal.watch(requests.Session()).get(self.url(path), timeout=DEADLINE_SECONDS, **more)


GUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
