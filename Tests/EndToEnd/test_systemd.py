"""deploy/systemd: the unit as systemd reads it, and the server as the unit starts it. No systemd runs here."""

import configparser
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import requests

from harness.gatehouse import gatehouse_binary
from harness.process import Child, DidNotStart
from harness.simulator import REPOSITORY
from harness.waiting import free_port

FOLDER = REPOSITORY / "deploy" / "systemd"
CREDENTIAL = "gatehouse-master-key"
NOBODY = 65534

# PR_SET_MDWE with PR_MDWE_REFUSE_EXEC_GAIN, which is what MemoryDenyWriteExecute= is made of on newer kernels.
RESTRICTED = """
import ctypes, os, sys
if ctypes.CDLL(None, use_errno=True).prctl(65, 1, 0, 0, 0) != 0:
    print("this kernel knows no PR_SET_MDWE", flush=True)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def service() -> dict[str, list[str]]:
    """The unit's section for the service; a setting may stand there more than once."""
    section, found = "", {}
    for line in (FOLDER / "gatehouse.service").read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and not line.startswith("#"):
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def settings() -> dict[str, str]:
    parser = configparser.ConfigParser(delimiters="=", comment_prefixes=("#",))
    parser.optionxform = str
    parser.read_string("[all]\n" + (FOLDER / "gatehouse.env").read_text().replace("\n#GATEHOUSE", "\nGATEHOUSE"))
    return dict(parser["all"])


class Machine:
    """What systemd gives the service: a folder of its own, a credential, a socket to say that it is ready."""

    def __init__(self, abstract: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="gatehouse-systemd-"))
        self.data, self.credentials = self.folder / "state" / "tenants", self.folder / "credentials"
        self.credentials.mkdir()
        self.data.parent.mkdir(mode=0o700)
        self.key_file = self.credentials / CREDENTIAL
        # As README.md says to make it.
        recipe = r"head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '='"
        assert recipe in (FOLDER / "README.md").read_text()
        self.key_file.write_bytes(subprocess.run(recipe, shell=True, capture_output=True, check=True).stdout)
        self.key_file.chmod(0o440)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(20)
        self.notify = f"@gatehouse-{secrets.token_hex(8)}" if abstract else str(self.folder / "notify")
        self.socket.bind(self.notify.replace("@", "\0", 1) if abstract else self.notify)
        self.port = free_port()
        if os.geteuid() == 0:
            for path in (self.folder, self.data.parent, self.credentials, self.key_file):
                os.chown(path, NOBODY, NOBODY)
            if not abstract:
                os.chown(self.notify, NOBODY, NOBODY)

    @property
    def environment(self) -> dict[str, str]:
        own = {
            "GATEHOUSE_DATA": str(self.data),
            "GATEHOUSE_LISTEN": f"127.0.0.1:{self.port}",
            "GATEHOUSE_METRICS_LISTEN": f"127.0.0.1:{free_port()}",
        }
        more = {"CREDENTIALS_DIRECTORY": str(self.credentials), "NOTIFY_SOCKET": self.notify}
        return {**settings(), **own, **more, "GATEHOUSE_TRUSTED_PROXIES": "127.0.0.1"}

    def command(self, *line: str) -> list[str]:
        """The program as the service's user, with what the unit leaves it."""
        command = [str(gatehouse_binary()), *line]
        if os.geteuid() == 0:
            who = ["--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
            command = ["setpriv", *who, "--no-new-privs", "--bounding-set=-all", *command]
        return [sys.executable, "-c", RESTRICTED, *command]

    def run(self, *line: str) -> subprocess.CompletedProcess:
        environment = {**os.environ, **self.environment}
        return subprocess.run(
            self.command(*line), env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    def start(self) -> Child:
        [line] = service()["ExecStart"]
        program, *rest = line.split()
        assert program == "/usr/local/bin/gatehouse"
        return Child("gatehouse", self.command(*rest), self.environment)

    def stop(self) -> None:
        self.socket.close()
        shutil.rmtree(self.folder)


@pytest.fixture
def machine(own_stage) -> Machine:
    return own_stage.keep(Machine())


@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_starts_as_the_unit_says_and_tells_when_it_listens(own_stage, abstract):
    machine = own_stage.keep(Machine(abstract))
    [before] = service()["ExecStartPre"]
    checked = machine.run(*before.split()[1:])
    assert checked.returncode == 0 and str(machine.key_file) in checked.stdout, checked.stderr
    child = own_stage.keep(machine.start())
    assert "PR_SET_MDWE" not in child.output
    assert machine.socket.recv(100) == b"READY=1"
    assert requests.get(f"http://127.0.0.1:{machine.port}/healthz", timeout=20).json() == {"status": "ok"}
    made = machine.run("account", "create", "acme", "--name", "Acme", "--admin-email", "ada@acme.example", "--json")
    assert made.returncode == 0 and "https://gatehouse.example.org/" in made.stdout, made.stderr
    assert not (machine.data / ".master-key").exists(), "the key stays outside of the data folder"
    assert child.stop() == 0
    assert (machine.data / "acme" / "account.sqlite").exists()


def test_a_credential_cannot_be_rotated_in_place_and_the_way_that_is_named_works(machine, own_stage):
    child = own_stage.keep(machine.start())
    assert machine.run("account", "create", "acme", "--name", "A", "--admin-email", "a@acme.example").returncode == 0
    refused = machine.run("key", "rotate")
    assert refused.returncode != 0 and "--master-key-file" in refused.stderr
    before = machine.key_file.read_bytes()
    child.stop()
    original = machine.data.parent / "master-key"
    original.write_bytes(before)
    original.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(original, NOBODY, NOBODY)
    rotated = machine.run("key", "rotate", "--master-key-file", str(original))
    assert rotated.returncode == 0, rotated.stderr
    assert original.read_bytes() != before and before.strip() in original.read_bytes()
    machine.key_file.chmod(0o600)
    machine.key_file.write_bytes(original.read_bytes())
    machine.key_file.chmod(0o440)
    own_stage.keep(machine.start())
    assert machine.run("account", "show", "acme").returncode == 0


def test_a_credential_that_others_can_read_stops_the_start(machine):
    machine.key_file.chmod(0o444)
    with pytest.raises(DidNotStart) as failed:
        machine.start()
    assert failed.value.code == 78
    assert [str(failed.value.code)] == service()["RestartPreventExitStatus"], "nor does systemd try again"


def test_another_services_credential_is_not_ours(machine, own_stage):
    machine.key_file.rename(machine.credentials / "something-else")
    own_stage.keep(machine.start())
    assert (machine.data / ".master-key").exists()


def test_every_setting_is_one_that_the_server_knows():
    described = subprocess.run(
        [gatehouse_binary(), "serve", "--help"], capture_output=True, text=True, check=True
    ).stdout
    known = set(re.findall(r"GATEHOUSE_[A-Z_]+", described.replace("\n", " ")))
    assert set(settings()) <= known


def test_systemd_reads_the_unit_without_a_complaint(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not installed here")
    unit = tmp_path / "gatehouse.service"
    text = (FOLDER / "gatehouse.service").read_text()
    unit.write_text(text.replace("/usr/local/bin/gatehouse", str(gatehouse_binary())))
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert verified.returncode == 0 and unit.name not in verified.stderr, verified.stderr
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=15", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout


def test_sysusers_makes_the_user_that_the_unit_names(tmp_path):
    if not shutil.which("systemd-sysusers"):
        pytest.skip("systemd is not installed here")
    [user] = service()["User"]
    (tmp_path / "etc").mkdir()
    command = ["systemd-sysusers", f"--root={tmp_path}", FOLDER / "gatehouse.sysusers"]
    subprocess.run(command, check=True, capture_output=True)
    assert re.search(rf"^{user}:", (tmp_path / "etc" / "passwd").read_text(), re.MULTILINE)
