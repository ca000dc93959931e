"""Certificates, and pages and content over TLS behind Debian's nginx with the repository's own configuration."""

import datetime
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .gatehouse import Gatehouse
from .nginx import MAIN, TEMPLATES, without_comments
from .process import Child
from .proxy import Proxy
from .waiting import wait_until

SITE = "site.localhost"


class Authority:
    """A certificate authority of the tests' own, and what servers need that show certificates."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        made = self._build(self._name, self._key, days=1, is_authority=True).sign(self._key, hashes.SHA256())
        self.certificate = folder / "authority.pem"
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def context(self, name: str, signed: bool = True, days: int = 1) -> ssl.SSLContext:
        """For a server of that name. Not `signed` it signs itself; with `days` below 0 it has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._build(subject, key, days, is_authority=False, issuer=self._name if signed else subject)
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        made = builder.add_extension(names, critical=False).sign(self._key if signed else key, hashes.SHA256())
        pem = self._folder / f"{name}-{made.serial_number}.pem"
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        pem.write_bytes(key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    @staticmethod
    def _build(subject, key, days: int, is_authority: bool, issuer=None) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=3))
        builder = builder.not_valid_after(now + datetime.timedelta(days=days))
        return builder.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)


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
