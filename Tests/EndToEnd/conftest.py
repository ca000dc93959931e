"""Fixtures. Everything that is started here is stopped here; a failing test shows the servers' logs."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import pytest

from harness import seeded
from harness.accessibility import check_axe
from harness.aws import Aws
from harness.chromium import WIDE, Chromium
from harness.gatehouse import Gatehouse, gatehouse_binary
from harness.process import stop_all_children
from harness.proxy import Proxy
from harness.scene import play
from harness.simulator import Simulator, simulator_binary
from harness.waiting import release_ports
from harness.webhook_receiver import WebhookReceiver

OWN_VARIABLES = {
    "GATEHOUSE_BIN",
    "GATEHOUSE_FUZZ_CASES",
    "GATEHOUSE_README_IMAGES",
    "GATEHOUSE_SCREENSHOTS",
    seeded.VARIABLE,
}
"""What the tests themselves are told by the environment."""
FOREIGN_VARIABLES = ("AWS_", "CONNECT_", "DATABRICKS_", "GATEHOUSE_", "GIT_", "POSIT_", "RS_", "SNOWFLAKE_")
FOREIGN_FILES = (
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "DATABRICKS_CONFIG_FILE",
    "GIT_CONFIG_GLOBAL",
    "NETRC",
)


def forget_the_developers_settings() -> None:
    """Programs under test and their clients read variables and files of whoever runs the tests: none of them counts."""
    for name in set(os.environ) - OWN_VARIABLES:
        if (
            name.startswith(FOREIGN_VARIABLES)
            or name.lower().endswith("_proxy")
            or name in ("TZ", "LANGUAGE")
            or name.startswith("LC_")
        ):
            del os.environ[name]
    os.environ.update({name: os.devnull for name in FOREIGN_FILES}, LANG="C.UTF-8")


def pytest_configure() -> None:
    forget_the_developers_settings()
    # Whoever ends a run has all stopped that it started.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    # What ignores a signal leaves that to all it starts: whoever runs the tests (nohup, say) must not decide here. A
    # handler is not left to them.
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_report_header() -> list[str]:
    return [
        f"gatehouse: {gatehouse_binary()}, simulator: {simulator_binary()}",
        f"seed of all random values: {seeded.VARIABLE}={seeded.SEED}",
    ]


def pytest_terminal_summary(terminalreporter) -> None:
    # The header is not shown with -q.
    terminalreporter.write_line(f"seed of all random values: {seeded.VARIABLE}={seeded.SEED}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    seeded.begin(item.nodeid)


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_behind():
    """When the tests of a module are over: no process runs on, and the ports that were reserved are given back."""
    yield
    stop_all_children()
    release_ports()


class Stage:
    """Makes servers and providers, and remembers them so that they are stopped."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self.servers: list[Gatehouse] = []
        self.others: list = []

    def folder(self, name: str = "data"):
        return self._factory.mktemp(name)

    def gatehouse(self, start: bool = True, **more) -> Gatehouse:
        server = Gatehouse(self.folder("gatehouse"), **more)
        self.servers.append(server)
        return server.start() if start else server

    def simulator(self, kind: str = "databricks") -> Simulator:
        return self.keep(Simulator(kind))

    def webhook_receiver(self) -> WebhookReceiver:
        return self.keep(WebhookReceiver())

    def aws(self) -> Aws:
        return self.keep(Aws(self.folder("aws")))

    def keep(self, other):
        """Have anything with a `stop()` stopped at the end."""
        self.others.append(other)
        return other

    def close(self) -> None:
        # All of them, even where one cannot be stopped: servers first, then what they talk to, the last one first.
        with contextlib.ExitStack() as ending:
            for one in self.others:
                ending.callback(one.stop)
            for server in reversed(self.servers):
                ending.callback(server.stop_all)


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """Servers for a whole module."""
    stage = Stage(tmp_path_factory)
    yield stage
    stage.close()


@pytest.fixture
def own_stage(tmp_path_factory):
    """Servers for one test, which may break them."""
    stage = Stage(tmp_path_factory)
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def server(stage) -> Gatehouse:
    return stage.gatehouse()


@pytest.fixture(scope="module")
def databricks(stage) -> Simulator:
    return stage.simulator("databricks")


@pytest.fixture(scope="module")
def account(server):
    """One account that the tests of a module share; they must not change its people."""
    return server.create_account()


@pytest.fixture
def scene(server, own_stage):
    """A fresh account with a logged-in viewer, at a provider of its own."""
    return play(server, own_stage.simulator("databricks"))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """Where pictures of pages are kept: the artefacts of the tests."""
    named = os.environ.get("GATEHOUSE_SCREENSHOTS")
    folder = Path(named).absolute() if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def chromium_process(pictures):
    """The browser that the tests of a module share. Not for the whole run: Playwright keeps its thread's event loop."""
    browser = Chromium(pictures)
    yield browser
    browser.stop()


@pytest.fixture
def chromium(chromium_process) -> Chromium:
    """Chromium for one test, whose windows must have nothing to complain of at its end."""
    yield chromium_process
    chromium_process.close_windows()


@pytest.fixture
def person_in_chromium(chromium):
    """Makes a window in which a person is signed in, invited or not: `person_in_chromium(person, PHONE)`."""

    def signed_in(person, look=WIDE, origins=()):
        if not person.has_password:
            person.accept_invite()
        return chromium.of(person, look, origins)

    return signed_in


@pytest.fixture(scope="session")
def axe():
    """Fails with what axe-core finds against a page: `axe(window.page)`."""
    return check_axe


@pytest.fixture
def small_disk(own_stage):
    """A file system of its own that a test can fill."""
    folder = own_stage.folder("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Attach what the servers logged to a failure."""
    report = (yield).get_result()
    if report.when != "call" or not report.failed:
        return
    for name in ("stage", "own_stage"):
        stage = getattr(item, "funcargs", {}).get(name)
        for server in stage.servers if stage else []:
            tail = "\n".join(server.logs.splitlines()[-60:])
            if server.child is not None and not server.child.running:
                tail += f"\n(the server ended by itself, exit code {server.child.process.returncode})"
            report.sections.append((f"gatehouse log of {name}", tail))
        for other in stage.others if stage else []:
            if isinstance(other, Proxy):
                report.sections.append((f"proxy log of {name}", "\n".join(other.logs.splitlines()[-20:])))
