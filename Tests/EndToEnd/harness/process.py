"""Child processes that are ready when they say so, and are stopped whatever happens."""

import collections
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from .waiting import DEADLINE_SECONDS

LISTENING = re.compile(r'listening on (http://[^\s"]+)')


_children: list["Child"] = []


def stop_all_children() -> None:
    """Stop what nobody else has stopped, such as the child of an object whose making failed."""
    while _children:
        _children.pop().stop()


class DidNotStart(AssertionError):
    """The process ended, or said nothing in time. Carries what it printed."""

    def __init__(self, name: str, code: int | None, output: str) -> None:
        super().__init__(f"{name} did not start (exit code {code}):\n{output}")
        self.code = code
        self.output = output


class Child:
    """One process; stdout and stderr are collected line by line in `lines`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str] | None = None,
        ready: re.Pattern[str] = LISTENING,
        wait: bool = True,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.lines: collections.deque[str] = collections.deque(maxlen=200_000)
        self._matched: re.Match[str] | None = None
        self._event = threading.Event()
        self.process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=pass_fds,
        )
        _children.append(self)
        self._readers = [
            threading.Thread(target=self._read, args=(stream, ready), daemon=True)
            for stream in (self.process.stdout, self.process.stderr)
        ]
        for reader in self._readers:
            reader.start()
        threading.Thread(target=self._watch, daemon=True).start()
        if wait:
            self.await_ready()

    def _read(self, stream, ready: re.Pattern[str]) -> None:
        for raw in stream:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            self.lines.append(line)
            found = ready.search(line)
            if found and self._matched is None:
                self._matched = found
                self._event.set()

    def _watch(self) -> None:
        self.process.wait()
        for reader in self._readers:
            reader.join()
        self._event.set()

    def await_ready(self) -> re.Match[str]:
        self._event.wait(DEADLINE_SECONDS)
        if self._matched is None:
            code = self.process.poll()
            self.stop()
            raise DidNotStart(self.name, code, self.output)
        return self._matched

    @property
    def url(self) -> str:
        return self.await_ready().group(1)

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def await_exit(self, deadline: float = DEADLINE_SECONDS) -> int:
        code = self.process.wait(deadline)
        for reader in self._readers:
            reader.join(deadline)
        return code

    def kill(self) -> None:
        if self.running:
            self.process.kill()
        self.await_exit()

    def stop(self) -> int:
        """End it the polite way; what ignores that is killed."""
        if self.running:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(DEADLINE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.await_exit()


class PythonServer(Child):
    """A program of this folder on a free port."""

    def __init__(self, program: str, port: int, folder: Path, **environment: str) -> None:
        script = Path(__file__).with_name(program)
        super().__init__(program, [sys.executable, script, str(port), folder], environment=environment)
