"""Pages and content over TLS below one domain, behind Debian's nginx with the repository's own configuration."""

import re
import shutil
import socket
import subprocess
from pathlib import Path

from .gatehouse import Gatehouse
from .nginx import MAIN, TEMPLATES, without_comments
from .process import Child
from .proxy import Proxy
from .waiting import wait_until

SITE = "site.localhost"


class BehindTls(Gatehouse):
    """A server that its people reach by https alone; the test's own programs ask it directly."""

    def __init__(self, data: Path, base_port: int, content_port: int) -> None:
        super().__init__(data)
        self.base_url = f"https://pages.{SITE}:{base_port}"
        self.content_url = f"https://*.apps.{SITE}:{content_port}"

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


class TlsNginx(Proxy):
    """Pages at pages.site.localhost, each content at GUID.apps.site.localhost."""

    def __init__(self, folder: Path, gatehouse: str, base_port: int, content_port: int) -> None:
        self.folder, self.origin = folder, f"https://127.0.0.1:{content_port}"
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        names = f"subjectAltName=DNS:pages.{SITE},DNS:*.apps.{SITE}"
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        make += ["-subj", f"/CN={SITE}", "-addext", names, "-keyout", key, "-out", certificate]
        subprocess.run(make, check=True, capture_output=True)
        tls = f"ssl_certificate {certificate}; ssl_certificate_key {key};"
        settings = {
            "GATEHOUSE": gatehouse,
            "CONTENT_LISTEN": f"127.0.0.1:{content_port} ssl",
            "CONTENT_HOST": f"*.apps.{SITE}",
            "CONTENT_AUTHORITY": f"$host:{content_port}",
            "CONTENT_TLS": tls,
            "BASE_LISTEN": f"127.0.0.1:{base_port} ssl",
            "BASE_HOST": f"pages.{SITE}",
            "BASE_AUTHORITY": f"pages.{SITE}:{base_port}",
            "BASE_TLS": tls,
            "LOG_DIR": str(folder),
        }
        for part, template in (("content", "gatehouse-content.conf"), ("base", "gatehouse.conf")):
            text = without_comments((TEMPLATES / template).read_text())
            (folder / f"{part}.conf").write_text(re.sub(r"@([A-Z_]+)@", lambda found: settings[found[1]], text))
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
        command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf"]
        self.child = Child("nginx", command, ready=re.compile(r"start worker process \d+"))
        wait_until(lambda: all(listens(port) for port in (base_port, content_port)), "nginx listens")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
