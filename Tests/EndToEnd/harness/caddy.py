"""Debian's Caddy with the repository's own configuration, for content's origin and for Gatehouse's own."""

import re
import shutil
from pathlib import Path

from .process import Child
from .proxy import Proxy
from .simulator import REPOSITORY
from .waiting import free_port

CONFIGURATION = REPOSITORY / "deploy" / "caddy" / "Caddyfile"


class Caddy(Proxy):
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
        pages = base_port or free_port()
        settings = {
            "GATEHOUSE": gatehouse,
            "GATEHOUSE_SITE": f"http://localhost:{pages}",
            "CONTENT_SITE": f"http://*.localhost:{port}" if own_origins else f"http://127.0.0.1:{port}",
            "CADDY_LOG": f"file {folder}/access.log",
            "OTHER_SITES": ", ".join(f"http://:{listened}" for listened in (port, pages)),
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "XDG_DATA_HOME": str(folder),
        }
        if authority:
            settings["SSL_CERT_FILE"] = str(authority)
        program = shutil.which("caddy")
        assert program, "caddy is not installed: make setup"
        command = [program, "run", "--config", CONFIGURATION, "--adapter", "caddyfile"]
        child = Child("caddy", command, settings, ready=re.compile("serving initial config"))
        super().__init__(folder, port, child, own_origins)
