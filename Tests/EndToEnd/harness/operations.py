"""What an operator has beside the server: its metrics, and Debian's Prometheus that scrapes them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import requests

from .process import Child
from .waiting import DEADLINE_SECONDS, free_port, wait_until

SAMPLE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$")
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')


class Operations:
    """The listener for operators, and what it says."""

    def __init__(self) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.options = ("--metrics-listen", f"127.0.0.1:{self.port}")

    def get(self, path: str) -> requests.Response:
        return requests.get(self.origin + path, timeout=DEADLINE_SECONDS)

    def text(self) -> str:
        answer = self.get("/metrics")
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return answer.text

    def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        found = {}
        for line in self.text().splitlines():
            if not line.startswith("#"):
                name, labels, value = SAMPLE.fullmatch(line).groups()
                found[name, frozenset(LABEL.findall(labels or ""))] = float(value)
        return found

    def value(self, name: str, **labels: str) -> float:
        """A sample; 0 where there is none, as a counter that was never counted."""
        return self.samples().get((name, frozenset(labels.items())), 0)


def promtool(*command: str, text: str = "") -> subprocess.CompletedProcess:
    return subprocess.run(
        ["promtool", *command], input=text, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
    )


class Prometheus:
    """Debian's Prometheus with one target."""

    def __init__(self, folder: Path, target: str) -> None:
        self.origin = f"http://127.0.0.1:{free_port()}"
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [{"job_name": "gatehouse", "static_configs": [{"targets": [target]}]}],
        }
        # JSON is YAML.
        (folder / "prometheus.yml").write_text(json.dumps(config))
        program = shutil.which("prometheus")
        assert program, "Debian's prometheus must be installed"
        command = [program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
        command.append(f"--web.listen-address={self.origin.removeprefix('http://')}")
        self.child = Child("prometheus", command, ready=re.compile("Server is ready to receive web requests"))

    def query(self, expression: str) -> float | None:
        """The value of an expression with one result; None where there is none yet."""
        answer = requests.get(
            f"{self.origin}/api/v1/query", params={"query": expression}, timeout=DEADLINE_SECONDS
        ).json()
        assert answer["status"] == "success", answer
        results = answer["data"]["result"]
        assert len(results) <= 1, results
        return float(results[0]["value"][1]) if results else None

    def await_value(self, expression: str, value: float) -> None:
        wait_until(lambda: self.query(expression) == value, f"Prometheus says {value} to {expression}")

    def await_any(self, expression: str) -> float:
        """Whatever it is: after a scrape that failed there is nothing until the next one."""
        found = wait_until(lambda: [self.query(expression)] != [None] and [self.query(expression)], expression)
        return found[0]

    def stop(self) -> None:
        self.child.stop()
