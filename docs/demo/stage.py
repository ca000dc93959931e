"""The show: what is started, who does what, and what is printed about it."""

import json
import os
import shutil
import sys
from pathlib import Path

import roles
import world
from gateway import start_nginx
from processes import DemoError, free_port
from provider import Provider

REPOSITORY = Path(__file__).resolve().parents[2]
PREFERRED_PORT = 8080
PREFERRED_CONTENT_PORT = 8081


def say(text=""):
    print(text, flush=True)


def table(columns, rows):
    """The rows as lines of text, columns aligned."""
    lines = [columns, *rows]
    widths = [max(len(str(line[index])) for line in lines) for index in range(len(columns))]
    return ["  ".join(str(cell).ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]


class Stage:
    """Everything that runs during the demo. Gatehouse is at localhost, and each content at a name of its own below it:
    names that end in .localhost are this machine, and browsers keep apart what belongs to different ones."""

    def __init__(self, binaries, folder, processes):
        self.binaries = binaries
        self.data = folder / "tenants"
        self.folder = folder
        self.processes = processes
        self.port = free_port(PREFERRED_PORT)
        self.content_port = free_port(PREFERRED_CONTENT_PORT)
        self.base_url = f"http://localhost:{self.port}"
        self.content_url = f"http://*.localhost:{self.content_port}"
        self.providers = {}
        self.sign_ins = []
        self.addresses = []

    def play(self):
        for program in ("gatehouse", "provider-simulator"):
            if not os.access(self.binaries / program, os.X_OK):
                raise DemoError(f"{self.binaries / program} is not built. Run `make build` first.")
        self.start_providers()
        self.start_gatehouse()
        for account in world.ACCOUNTS:
            self.play_account(account)
        self.print_addresses()

    # What runs

    def start_providers(self):
        for account in world.ACCOUNTS:
            provider = Provider(self.processes, self.binaries / "provider-simulator", account.provider)
            provider.register_client(account.client_id, f"{self.base_url}/v1/integrations/callback")
            for viewer in account.viewers:
                provider.register_person(viewer.email, viewer.name, account.columns, viewer.rows)
            self.providers[account.slug] = provider
            say(f"{account.provider_name} is simulated at {provider.url}")

    def start_gatehouse(self):
        self.data.mkdir()
        for account in world.ACCOUNTS:
            (self.data / account.slug).mkdir()
            shutil.copy(REPOSITORY / "tenants" / account.slug / "account.json", self.data / account.slug)
        serve = [self.binaries / "gatehouse", "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}"]
        serve += ["--base-url", self.base_url, "--content-url", self.content_url]
        for provider in self.providers.values():
            serve += ["--allow-host", provider.host]
        self.processes.start("gatehouse", serve, ready=r"^listening on ")
        template = REPOSITORY / "deploy" / "nginx" / "gatehouse-content.conf"
        start_nginx(self.processes, template, self.folder / "nginx", self.content_port, self.port, self.processes.logs)
        say(f"Gatehouse is at {self.base_url}, content behind nginx, each at its own {self.content_url}")

    def start_example(self, account, publisher_key):
        """The content: a small Flask app of docs/examples. Gives its address."""
        port = free_port()
        provider = self.providers[account.slug]
        environment = {
            "CONNECT_SERVER": self.base_url,
            "CONNECT_API_KEY": publisher_key,
            "POSIT_PRODUCT": "CONNECT_CLOUD",
            "DATABRICKS_HOST": provider.url,
            "DATABRICKS_WAREHOUSE_ID": "demo",
            "SNOWFLAKE_ACCOUNT": "demo",
            "SNOWFLAKE_URL": provider.url,
        }
        command = [sys.executable, "-m", "flask", "run", "--host", "127.0.0.1", "--port", port]
        app = REPOSITORY / "docs" / "examples" / account.example
        self.processes.start(account.example, command, environment, port=port, cwd=app)
        return f"http://127.0.0.1:{port}"

    # Who does what

    def play_account(self, account):
        provider = self.providers[account.slug]
        say()
        say(f"== {account.slug}: {account.provider_name} ==")
        people = self.apply_manifest(account, provider)
        admin, publisher = people[account.administrator], people[account.publisher]

        data_source = roles.find_data_source(self.base_url, admin["api_key"], account.integration)
        say(f"{account.administrator}, administrator: data source {data_source['name']!r} ({data_source['guid']})")

        upstream = self.start_example(account, publisher["api_key"])
        title = f"Orders ({account.provider_name})"
        content = roles.publish(self.base_url, publisher["api_key"], title, upstream, data_source["guid"])
        address = content["content_url"]
        say(f"{account.publisher}, publisher: content {title!r}, data source attached, at {address}")
        self.addresses.append((title, address))

        for role in ("administrator", "publisher"):
            email = getattr(account, role)
            password, _ = roles.accept_invitation(people[email]["invite_url"])
            self.sign_ins.append((account.slug, role, email, password, "", ""))
        seen = [self.play_viewer(account, viewer, people[viewer.email], address) for viewer in account.viewers]
        if any(rows == other for index, rows in enumerate(seen) for other in seen[:index]):
            raise DemoError("Two viewers saw the same rows.")
        sessions = roles.sessions_of(self.base_url, admin["api_key"])
        if len(sessions) != len(account.viewers):
            raise DemoError(f"{len(account.viewers)} viewers logged in, but there are {len(sessions)} OAuth sessions.")

    def apply_manifest(self, account, provider):
        """Makes the account what its manifest says. Gives each person's API key and invitation, by email."""
        prefix = account.slug.upper()
        environment = {
            f"{prefix}_DATABRICKS_HOST": provider.host,
            f"{prefix}_DATABRICKS_CLIENT_SECRET": provider.client_secret,
            f"{prefix}_SNOWFLAKE_URL": provider.host,
            f"{prefix}_SNOWFLAKE_CLIENT_SECRET": provider.client_secret,
        }
        command = [self.binaries / "gatehouse", "account", "apply", account.slug, "--data", self.data, "--json"]
        applied = json.loads(self.processes.run(f"apply-{account.slug}", command, environment))
        return {change["email"]: change for change in applied["changes"] if change.get("created") == "user"}

    def play_viewer(self, account, viewer, person, address):
        provider = self.providers[account.slug]
        password, browser = roles.accept_invitation(person["invite_url"])
        seen = roles.view(browser, address, provider, viewer.email)
        say(f"{viewer.email}, viewer, logged in to {account.provider_name} once and sees:")
        for line in table(seen["columns"], seen["rows"]):
            say(f"    {line.rstrip()}")
        if seen["rows"] != viewer.rows:
            raise DemoError(f"{viewer.email} should see {viewer.rows}.")
        # Databricks also says who asks; the Snowflake example does not ask it.
        if seen.get("viewer", viewer.name) != viewer.name:
            raise DemoError(f"{viewer.email} is taken for {seen['viewer']}.")
        self.sign_ins.append(
            (account.slug, "viewer", viewer.email, password, account.provider_name, provider.people[viewer.email])
        )
        return seen["rows"]

    def print_addresses(self):
        say()
        say("In a browser:")
        for account in world.ACCOUNTS:
            say(f"    {account.slug}: {self.base_url}/accounts/{account.slug}/")
        for title, address in self.addresses:
            say(f"    {title}: {address}")
        say()
        columns = ("account", "role", "email, also at the provider", "password", "provider", "password there")
        for line in table(columns, self.sign_ins):
            say(f"    {line.rstrip()}")
