"""Starting the programs, waiting until they are ready, reading what they cost, ending every one of them."""

import ctypes
import os
import signal
import subprocess
import threading
from pathlib import Path

READY_WITHIN_SECONDS = 60
END_WITHIN_SECONDS = 10
PR_SET_PDEATHSIG = 1
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """What went wrong, in a sentence."""


def _end_with_parent():
    # Should the benchmark be killed outright, what it started must not stay behind.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Program:
    """A server that says `listening on http://HOST:PORT` when it is ready. Its log goes to a file."""

    def __init__(self, name, command, log, environment=None):
        self.name = name
        self.log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )
        # A program that is never ready ends by this timer, and reading its output ends with it.
        timer = threading.Timer(READY_WITHIN_SECONDS, self.process.kill)
        timer.start()
        try:
            line = self.process.stdout.readline()
            if line.startswith("metrics at "):
                line = self.process.stdout.readline()
        finally:
            timer.cancel()
        if not line.startswith("listening on http://"):
            self.process.kill()
            self.process.wait()
            raise BenchError(f"{name} did not get ready (exit code {self.process.returncode}): {self._last_words()}")
        self.url = line.split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])
        # Further output is not expected, but a full pipe must never stop a server.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def _last_words(self):
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def cpu_seconds(self):
        """User and system time of all threads since the start."""
        # The name in parentheses may hold spaces; utime and stime are the 14th and 15th field.
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def resident_megabytes(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        raise BenchError(f"{self.name} has ended: {self._last_words()}")

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(END_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def run(command, environment=None):
    """Runs a command to its end and gives what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise BenchError(f"{Path(command[0]).name} {command[1]} failed: {lines[-1]}")
    return done.stdout
