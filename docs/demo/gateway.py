"""nginx in front of content, with the configuration that deploy/nginx ships."""

import os
import shutil

from processes import DemoError

MAIN_CONFIGURATION = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
worker_processes 1;
{user}
events {{
    worker_connections 512;
}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/gatehouse-content.conf;
}}
"""


def nginx_program():
    # Debian keeps it outside an ordinary person's PATH.
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        raise DemoError("nginx is not installed. Run `make setup` first.")
    return program


def start_nginx(processes, template, folder, port, gatehouse_port, logs):
    """Fills in the template for plain HTTP on loopback and starts nginx as the person who runs the demo."""
    folder.mkdir()
    names = {
        "@GATEHOUSE@": f"127.0.0.1:{gatehouse_port}",
        "@CONTENT_LISTEN@": f"127.0.0.1:{port}",
        "@CONTENT_HOST@": "*.localhost",
        "@CONTENT_AUTHORITY@": f"$host:{port}",
        "@CONTENT_TLS@": "",
        "@LOG_DIR@": str(logs),
    }
    site = template.read_text()
    for name, value in names.items():
        site = site.replace(name, value)
    (folder / "gatehouse-content.conf").write_text(site)
    # Started by root, nginx would hand its work to a user who cannot enter the demo's private folder.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(MAIN_CONFIGURATION.format(folder=folder, user=user))
    processes.start("nginx", [nginx_program(), "-e", "stderr", "-c", configuration], port=port)
