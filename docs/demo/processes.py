"""Starting programs, waiting until they are ready, and ending every one of them."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import time

READY_WITHIN_SECONDS = 30
END_WITHIN_SECONDS = 10
POLL_SECONDS = 0.05
PR_SET_PDEATHSIG = 1


class DemoError(Exception):
    """A failure told in a sentence; `log` is the file that says more."""

    def __init__(self, sentence, log=None):
        super().__init__(sentence)
        self.log = log


_reserved = []


def free_port(preferred=0):
    """`preferred` where it is free, else any free port of the loopback address.

    A socket stays bound to it and does not listen: the kernel gives the port to nobody else, and our servers, which set
    SO_REUSEADDR, can listen beside it.
    """
    for port in (preferred, 0):
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            holder.bind(("127.0.0.1", port))
        except OSError:
            holder.close()
            continue
        _reserved.append(holder)
        return holder.getsockname()[1]
    raise DemoError("No port is free on the loopback address.")


def _end_with_parent():
    # Should the demo be killed outright, what it started must not stay behind.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Processes:
    """What the demo has started, in order. Output goes to one log file per program."""

    def __init__(self, logs):
        self.logs = logs
        self.running = []

    def start(self, name, command, environment=None, ready=None, port=None, cwd=None):
        """Starts a program and waits until it prints a line matching `ready`, or accepts connections on `port`.

        Gives the match of `ready`. The program gets its own session, so that Ctrl-C reaches only the demo.
        """
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            try:
                process = subprocess.Popen(
                    [str(part) for part in command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **(environment or {})},
                    cwd=cwd,
                    start_new_session=True,
                    preexec_fn=_end_with_parent,
                )
            except OSError as error:
                raise DemoError(f"{name} cannot be started: {error.strerror}.") from error
        self.running.append((name, process, log))
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            found = self._is_ready(log, ready, port)
            if found:
                return found
            if process.poll() is not None:
                raise DemoError(f"{name} ended with exit code {process.returncode} before it was ready.", log)
            time.sleep(POLL_SECONDS)
        raise DemoError(f"{name} was not ready within {READY_WITHIN_SECONDS} seconds.", log)

    @staticmethod
    def _is_ready(log, ready, port):
        if ready is not None:
            return re.search(ready, log.read_text(errors="replace"), re.MULTILINE)
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def run(self, name, command, environment=None):
        """Runs a command to its end and gives what it printed. A failure is told with its last line."""
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        if done.returncode != 0:
            log = self.logs / f"{name}.log"
            log.write_text(done.stdout + done.stderr)
            lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
            raise DemoError(f"{name} failed: {lines[-1]}", log)
        return done.stdout

    def first_ended(self):
        """The first program that is no longer running, as (name, exit code, log), or None."""
        for name, process, log in self.running:
            if process.poll() is not None:
                return name, process.returncode, log
        return None

    def end_all(self):
        """Ends everything, the last started first: no server loses what it still needs."""
        for _, process, _ in reversed(self.running):
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(END_WITHIN_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()
