"""Debian's nginx with the repository's own configuration for content's origin, and for Gatehouse's own."""

import re
import shutil
import subprocess
from pathlib import Path

from .process import Child
from .proxy import Proxy
from .simulator import REPOSITORY

TEMPLATES = REPOSITORY / "deploy" / "nginx"

MAIN = """
user root;
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/content.conf;
    include {folder}/base*.conf;
}}
"""


class Nginx(Proxy):
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
            "GATEHOUSE": gatehouse,
            "CONTENT_LISTEN": f"127.0.0.1:{port}",
            "CONTENT_HOST": "*.localhost" if own_origins else "127.0.0.1",
            "CONTENT_AUTHORITY": f"$host:{port}" if own_origins else f"127.0.0.1:{port}",
            "CONTENT_TLS": "",
            "BASE_LISTEN": f"127.0.0.1:{base_port}",
            "BASE_HOST": "localhost",
            "BASE_AUTHORITY": f"localhost:{base_port}",
            "BASE_TLS": "",
            "LOG_DIR": str(folder),
        }
        for part, template in (("content", "gatehouse-content.conf"), ("base", "gatehouse.conf")):
            if part == "content" or base_port:
                text = without_comments((TEMPLATES / template).read_text())
                text = re.sub(r"@([A-Z_]+)@", lambda found: names[found[1]], text)
                if authority:
                    text = text.replace("/etc/ssl/certs/ca-certificates.crt", str(authority))
                (folder / f"{part}.conf").write_text(text)
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
        command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf"]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        child = Child("nginx", command, ready=re.compile(r"start worker process \d+"))
        super().__init__(folder, port, child, own_origins)


def without_comments(text: str) -> str:
    """Comments mention the @NAMES@ too."""
    return re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
