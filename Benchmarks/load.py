"""Driving one server with wrk, and what that cost the server."""

import re
import subprocess
from dataclasses import dataclass

from programs import BenchError

UNIT_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass
class Round:
    requests_per_second: float
    p50_milliseconds: float
    p99_milliseconds: float
    cpu_microseconds_per_request: float


def write_script(path, headers, body=None):
    """The request as a Lua script for wrk; without a body it is a GET."""
    lines = [] if body is None else ['wrk.method = "POST"', f"wrk.body = {_lua(body)}"]
    lines += [f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in headers.items()]
    # It holds an API key and a session token.
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")


def _lua(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def drive(program, path, script, options, seconds):
    """One round of load on a program; every answer must be a success."""
    url = f"http://127.0.0.1:{program.port}{path}"
    command = ["wrk", f"-t{options.threads}", f"-c{options.connections}", f"-d{seconds}s", "--latency"]
    command += ["-s", script, url]
    cpu_before = program.cpu_seconds()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    cpu = program.cpu_seconds() - cpu_before
    said = done.stdout
    if done.returncode != 0:
        raise BenchError(f"wrk failed: {(done.stderr or said).strip()}")
    for complaint in ("Non-2xx", "Socket errors"):
        if complaint in said:
            line = next(line.strip() for line in said.splitlines() if complaint in line)
            raise BenchError(f"{program.name} did not answer every request: {line}")
    requests = int(re.search(r"(\d+) requests in", said).group(1))
    if requests == 0:
        raise BenchError(f"{program.name} answered nothing within {seconds} s: {path}")
    return Round(
        requests_per_second=float(re.search(r"Requests/sec:\s*([\d.]+)", said).group(1)),
        p50_milliseconds=_percentile(said, 50),
        p99_milliseconds=_percentile(said, 99),
        cpu_microseconds_per_request=cpu / requests * 1e6,
    )


def _percentile(said, percent):
    number, unit = re.search(rf"^\s*{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", said, re.MULTILINE).groups()
    return float(number) * UNIT_MILLISECONDS[unit]
