"""schemathesis against the running server: one caller at a time, all checks, all operations that are for the caller."""

import copy
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from . import seeded
from .gatehouse import Gatehouse
from .waiting import DEADLINE_SECONDS

HOOKS = "harness.fuzzing_hooks"
CASES = int(os.environ.get("GATEHOUSE_FUZZ_CASES", "0"))
"""Cases for each operation; 0: so few that the whole takes about a minute."""
FEW = 3


@dataclasses.dataclass(frozen=True)
class Exemption:
    """A check that is wrong for an operation, and why."""

    operation: str
    """Method and path; or the start of a path, before `*`."""
    check: str
    reason: str


@dataclasses.dataclass
class Fuzzer:
    server: Gatehouse
    folder: Path
    document: dict
    exemptions: Iterable[Exemption] = ()

    def run(
        self,
        name: str,
        tags: Iterable[str],
        credentials: Mapping[str, str] | None = None,
        objects: Mapping[str, list[str]] | None = None,
        kept_keys: Iterable[str] = (),
        systematic: bool = False,
    ) -> None:
        """Must find nothing.

        `credentials` are values of security schemes. `objects` are values for parameters of paths, so that more is
        asked for than what is not there. `kept_keys` are ids of API keys that are not deleted. `systematic`: each rule
        of the schemas is broken once even where there is time for few cases.
        """
        document = self.folder / f"{name}.openapi.json"
        document.write_text(json.dumps(self._prepared(tags)))
        configuration = self.folder / f"{name}.toml"
        configuration.write_text(self._configuration(credentials or {}, objects or {}, systematic))
        command = [Path(sys.executable).parent / "schemathesis", "--config-file", configuration, "run", document]
        command += ["--url", self.server.base_url, "--continue-on-failure", "--no-color"]
        done = subprocess.run(
            [str(part) for part in command],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "SCHEMATHESIS_HOOKS": HOOKS, "GATEHOUSE_KEPT_KEYS": ",".join(kept_keys)},
            capture_output=True,
            text=True,
            check=False,
        )
        (self.folder / f"{name}.log").write_text(done.stdout + done.stderr)
        assert done.returncode == 0, f"as {name}:\n{done.stdout[-30_000:]}"

    def _prepared(self, tags: Iterable[str]) -> dict:
        """The operations with these tags. What an answer has and the document does not know is an error here."""
        document = copy.deepcopy(self.document)
        wanted = set(tags)
        for item in document["paths"].values():
            for method in [name for name in item if name != "servers"]:
                # "pages: people" is one of the "pages".
                if not wanted & {tag.split(":")[0] for tag in item[method]["tags"]}:
                    del item[method]
        document["paths"] = {path: item for path, item in document["paths"].items() if set(item) - {"servers"}}
        for item in document["paths"].values():
            # The server is named by --url.
            item.pop("servers", None)
            for operation in (value for name, value in item.items()):
                for answer in operation["responses"].values():
                    close(answer)
        close(document["components"]["schemas"])
        document.pop("servers")
        return document

    def _configuration(self, credentials: Mapping[str, str], objects: Mapping[str, list[str]], systematic: bool) -> str:
        lines = [
            f"seed = {seeded.SEED}",
            'suppress-health-check = ["all"]',
            "warnings = false",
            f"request-timeout = {DEADLINE_SECONDS}",
            # Each run starts from the seed alone.
            "[cache]",
            "enabled = false",
            "[generation]",
            f"max-examples = {CASES or FEW}",
            'mode = "all"',
            "[checks.positive_data_acceptance]",
            # 409 and 404 are the schema's: names that are taken, objects that are not there.
            'expected-statuses = ["2xx", "3xx", 401, 403, 404, 409]',
            "[checks.negative_data_rejection]",
            'expected-statuses = ["3xx", 400, 401, 403, 404, 405, 409, 413, 415]',
        ]
        if not CASES:
            lines += ["[phases.stateful]", "max-steps = 6", "[phases.stateful.generation]", "max-examples = 4"]
            lines += ["[phases.coverage]", f"enabled = {str(systematic).lower()}"]
        for scheme, value in credentials.items():
            lines += [f"[auth.openapi.{scheme}]", f"api_key = {json.dumps(value)}"]
        for parameter, values in objects.items():
            lines += [f"[dictionaries.{parameter}]", f"values = {json.dumps(values)}"]
        if objects:
            lines += ["[parameters]"]
            lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.4 }}' for name in objects]
        for exemption in self.exemptions:
            lines += ["[[operations]]", f"# {exemption.reason}"]
            lines += [f"include-name = {json.dumps(exemption.operation)}", f"checks.{exemption.check}.enabled = false"]
        return "\n".join(lines) + "\n"


def close(schema: object) -> None:
    """Have objects of these schemas no members but those that are named."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and schema.get("properties"):
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)
