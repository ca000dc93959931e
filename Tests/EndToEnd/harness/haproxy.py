"""Debian's HAProxy with the repository's own configuration, for content's origin and for Gatehouse's own."""

import re
import shutil
import subprocess
from pathlib import Path

from .nginx import without_comments
from .process import Child
from .proxy import Proxy
from .simulator import REPOSITORY
from .waiting import free_port

FOLDER = REPOSITORY / "deploy" / "haproxy"


class HAProxy(Proxy):
    """Content's origin at 127.0.0.1:PORT, in front of a Gatehouse; with a `base_port` its own origin too.

    With an `authority`, a file, its certificates are trusted in place of those that the machine trusts.
    """

    def __init__(
        self,
        folder: Path,
        gatehouse: str,
        port: int,
        base_port: int | None = None,
        own_origins: bool = False,
        authority: Path | None = None,
    ) -> None:
        names = {
            "LOG": "stdout format raw local0",
            "LUA": str(FOLDER / "gatehouse.lua"),
            "GATEHOUSE": gatehouse,
            "BASE_LISTEN": f"127.0.0.1:{base_port or free_port()}",
            "BASE_HOST": "localhost",
            "CONTENT_LISTEN": f"127.0.0.1:{port}",
            "CONTENT_HOST": "end .localhost" if own_origins else "str 127.0.0.1",
        }
        text = without_comments((FOLDER / "haproxy.cfg").read_text())
        text = re.sub(r"@([A-Z_]+)@", lambda found: names[found[1]], text)
        if authority:
            text = text.replace("@system-ca", str(authority))
        (folder / "haproxy.cfg").write_text(text)
        command = [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", folder / "haproxy.cfg"]
        checked = subprocess.run([*command, "-c"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        super().__init__(folder, port, Child("haproxy", command, wait=False), own_origins)
