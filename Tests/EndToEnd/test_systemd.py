"""deploy/systemd: the unit as systemd reads it and runs it, and the server as the unit starts it."""

import configparser
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import requests

from harness.booted import BootedMachine, CannotBoot
from harness.gatehouse import Gatehouse, gatehouse_binary
from harness.load import Load, get
from harness.process import Child, DidNotStart
from harness.scene import play
from harness.simulator import REPOSITORY
from harness.waiting import DEADLINE_SECONDS, free_port, wait_until

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
        self.socket.settimeout(DEADLINE_SECONDS)
        self.notify = f"@gatehouse-{os.getpid()}-{id(self)}" if abstract else str(self.folder / "notify")
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
            "GATEHOUSE_SHUTDOWN_DELAY": "0",
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
            self.command(*line), env=environment, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False
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
    checked = machine.run("check-config")
    assert checked.returncode == 0 and str(machine.key_file) in checked.stdout, checked.stderr
    child = own_stage.keep(machine.start())
    assert "PR_SET_MDWE" not in child.output
    assert machine.socket.recv(100) == b"READY=1"
    assert requests.get(f"http://127.0.0.1:{machine.port}/healthz", timeout=DEADLINE_SECONDS).json() == {"status": "ok"}
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


def test_a_folder_that_the_services_user_cannot_write_is_refused(machine):
    """`check-config` says so before."""
    machine.data.mkdir()
    machine.data.chmod(0o555)
    checked = machine.run("check-config")
    assert checked.returncode == 78 and f"cannot write in {machine.data}: Permission denied" in checked.stderr
    with pytest.raises(DidNotStart) as failed:
        machine.start()
    assert failed.value.code == 73 and "Permission denied" in failed.value.output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(
    ("owner", "group", "mode", "status"),
    [
        (0, NOBODY, 0o440, 0),
        (0, 0, 0o440, 78),
        (NOBODY, NOBODY, 0o440, 78),
        (0, NOBODY, 0o444, 78),
        (0, NOBODY, 0o460, 78),
    ],
)
def test_a_key_file_of_root_that_the_services_group_reads_is_accepted(machine, owner, group, mode, status):
    """So orchestrators mount secrets."""
    secret = machine.folder / "secret"
    secret.write_bytes(machine.key_file.read_bytes())
    secret.chmod(mode)
    os.chown(secret, owner, group)
    done = machine.run("check-config", "--master-key-file", str(secret))
    assert done.returncode == status, done.stderr


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
    shutil.copy(FOLDER / "gatehouse.socket", tmp_path)
    text = (FOLDER / "gatehouse.service").read_text()
    unit.write_text(text.replace("/usr/local/bin/gatehouse", str(gatehouse_binary())))
    # Whether the manual is installed is another matter.
    command = ["systemd-analyze", "verify", "--man=no", unit]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
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


# Under a real systemd.


class Installed(Gatehouse):
    """Gatehouse as README.md installs it on a machine that systemd runs."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.machine = BootedMachine(folder / "machine")
        self._install, self._commands = re.findall(
            r"```sh\n(.*?)```", re.sub(r"^  ", "", (FOLDER / "README.md").read_text(), flags=re.MULTILINE), re.DOTALL
        )
        built = self.machine.root / "src/.build-release/release"
        built.mkdir(parents=True)
        shutil.copy(gatehouse_binary(), built)
        shutil.copytree(FOLDER, self.machine.root / "src/deploy/systemd")
        edited = self.machine.root / "src/deploy/systemd/gatehouse.env"
        more = {
            "GATEHOUSE_LISTEN": self.listen,
            "GATEHOUSE_BASE_URL": self.base_url,
            "GATEHOUSE_CONTENT_URL": self.content_url,
            "GATEHOUSE_METRICS_LISTEN": f"127.0.0.1:{free_port()}",
            "GATEHOUSE_ALLOW_HOST": ",".join(self.allow_hosts),
            "GATEHOUSE_TRUSTED_PROXIES": "127.0.0.1",
            "GATEHOUSE_SHUTDOWN_DELAY": "0",
        }
        edited.write_text("".join(f"{name}={value}\n" for name, value in {**settings(), **more}.items()))
        unit = self.machine.root / "src/deploy/systemd/gatehouse.socket"
        assert unit.read_text().count("ListenStream=127.0.0.1:8080\n") == 1
        unit.write_text(unit.read_text().replace("127.0.0.1:8080", self.listen))

    def inside(self, script: str) -> str:
        done = self.machine.run("sh", "-e", "-c", f"cd /src\n{script}")
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}\n{self.logs}"
        return done.stdout

    def install(self) -> "Installed":
        self.inside(self._install)
        return self

    def run(self, *command: str, environment=None, data: bool = True) -> subprocess.CompletedProcess:
        example = next(line for line in self._commands.splitlines() if line.startswith("setpriv "))
        before, _ = example.split(" account create ")
        return self.machine.run(
            "sh", "-e", "-c", self._commands.replace(example, f'{before} "$@"'), "sh", *command, environment=environment
        )

    def state(self, name: str) -> str:
        return self.machine.run("systemctl", "show", "--value", f"--property={name}", "gatehouse").stdout.strip()

    @property
    def logs(self) -> str:
        return self.machine.run("journalctl", "--no-pager", "--output=cat", "--unit=gatehouse").stdout

    def stop_all(self) -> None:
        self.machine.stop()


@pytest.fixture
def installed(own_stage):
    folder = own_stage.folder("installed")
    (folder / "machine").mkdir()
    try:
        server = Installed(folder)
    except CannotBoot as why:
        pytest.skip(str(why))
    own_stage.servers.append(server)
    return server.install()


def test_a_real_systemd_runs_it_with_all_that_the_unit_forbids(installed, databricks):
    scene = play(installed, databricks)
    first = scene.exchange().json()["access_token"]
    assert first in databricks.issued()["access_tokens"]
    status = installed.inside("cat /proc/$(systemctl show --value --property=MainPID gatehouse)/status")
    told = dict(line.split(":\t", 1) for line in status.splitlines())
    assert told["CapEff"].strip("0") == "" and told["NoNewPrivs"] == "1" and told["Seccomp"] == "2"
    assert "0" not in told["Uid"].split(), "not root"
    assert installed.inside("stat -c %U:%a /var/lib/gatehouse").strip() == "gatehouse:700"
    assert ".TH GATEHOUSE 1" in installed.inside("cat /usr/local/share/man/man1/gatehouse.1")
    assert "complete" in installed.inside("cat /usr/local/share/bash-completion/completions/gatehouse")
    installed.inside("systemctl kill --signal=KILL gatehouse")
    wait_until(lambda: installed.state("NRestarts") == "1" and installed.state("ActiveState") == "active", "it is back")
    assert scene.exchange().json()["access_token"] == first, "nothing is lost"
    assert "thread priority" not in installed.logs and "rror" not in installed.logs, installed.logs


def test_ten_restarts_under_load_refuse_no_request(installed):
    load = Load(f"http://{installed.listen}", [get("/__ping__"), get("/healthz")] * 4)
    try:
        for number in range(10):
            before = load.answered
            wait_until(lambda before=before: load.answered > before + 100, "it is busy")
            # Nobody restarts so often; systemd would take it for a service that fails.
            installed.inside("systemctl reset-failed gatehouse\nsystemctl restart gatehouse")
            assert installed.state("ActiveState") == "active", number
    finally:
        load.stop()
    assert load.failures == [] and load.closed >= 10
    assert installed.state("NRestarts") == "0"


def test_the_socket_is_systemds_and_the_service_begins_by_it(installed):
    installed.inside("systemctl stop gatehouse.socket gatehouse")
    assert installed.state("ActiveState") == "inactive"
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{installed.listen}/healthz", timeout=20)
    installed.inside("systemctl start gatehouse.socket")
    assert installed.state("ActiveState") == "inactive"
    assert requests.get(f"http://{installed.listen}/healthz", timeout=20).json() == {"status": "ok"}
    assert installed.state("ActiveState") == "active"


def test_a_wrong_configuration_is_not_tried_again(installed):
    installed.inside("echo GATEHOUSE_LISTEN=nonsense >> /etc/gatehouse/gatehouse.env")
    assert installed.machine.run("systemctl", "restart", "gatehouse").returncode != 0
    assert installed.state("ActiveState") == "failed" and installed.state("NRestarts") == "0"
    assert installed.state("ExecMainStatus") == "78"
    wait_until(lambda: "--listen must be HOST:PORT" in installed.logs, "the journal says why")
