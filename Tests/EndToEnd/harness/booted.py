"""A machine that systemd boots: a container over this machine's files, of which nothing stays."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from .waiting import DEADLINE_SECONDS, wait_until

NOTHING_ELSE = "the-tests.target"


class CannotBoot(Exception):
    """No such machine can be had here, and why."""


class BootedMachine:
    """It has this machine's network, so that the servers of both reach each other, and processes of its own."""

    def __init__(self, folder: Path) -> None:
        if os.geteuid() != 0:
            raise CannotBoot("only root can boot a machine of its own")
        if not shutil.which("systemd-nspawn"):
            raise CannotBoot("systemd-nspawn is not installed here")
        self._folder = folder
        self.root = folder / "root"
        self._process = None
        try:
            self._mount()
            self._boot()
        except BaseException:
            self.stop()
            raise

    def _mount(self) -> None:
        # What is written goes to memory: a file system that lies on itself is none.
        for kind, options, where in (
            ("tmpfs", "mode=0755", self._folder),
            ("overlay", f"lowerdir=/,upperdir={self._folder}/upper,workdir={self._folder}/work", self.root),
        ):
            command = ["mount", "-t", kind, "-o", options, kind, where]
            mounted = subprocess.run(command, capture_output=True, text=True, check=False)
            if mounted.returncode != 0:
                raise CannotBoot(f"no {kind} can be mounted here: {mounted.stderr.strip()}")
            for name in ("upper", "work", "root") if where == self._folder else ():
                (self._folder / name).mkdir()

    def _boot(self) -> None:
        # Nothing of what this machine would start.
        unit = self.root / "etc/systemd/system" / NOTHING_ELSE
        unit.write_text("[Unit]\nRequires=sysinit.target\nAfter=sysinit.target\n")
        command = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--resolv-conf=off", "--boot"]
        # A name apart from this machine's: the folder of the messages between the two is called so.
        command += [f"--machine=gatehouse-{os.getpid()}", f"--directory={self.root}", f"systemd.unit={NOTHING_ELSE}"]
        self.console = self._folder.parent / "console.log"
        with self.console.open("wb") as console:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
            )
        wait_until(self._is_up, f"systemd boots; its console is {self.console}")

    def _is_up(self) -> bool:
        if self._process.poll() is not None:
            raise CannotBoot(f"systemd does not boot here: {self.console.read_text(errors='replace')[-2000:]}")
        return self._first() is not None and self.run("systemctl", "is-active", NOTHING_ELSE).returncode == 0

    def _first(self) -> int | None:
        """The machine's first process, as this one counts."""
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[-1]) if children else None

    def run(self, *command: str | Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess:
        """As root, inside."""
        inside = ["nsenter", f"--target={self._first()}", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--"]
        return subprocess.run(
            [*inside, *(str(part) for part in command)],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(DEADLINE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(DEADLINE_SECONDS)
        for where in (self.root, self._folder):
            subprocess.run(["umount", "--lazy", where], capture_output=True, check=False)
