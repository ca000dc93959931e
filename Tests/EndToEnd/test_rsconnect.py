"""rsconnect-python, unmodified and with nothing but an API key: deploy, redeploy, look, and edit integrations."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from harness.waiting import DEADLINE_SECONDS

APP = "from shiny import App, ui\n\napp = App(ui.page_fluid('hello'), None)\n"
SECRET = "a-password-that-rsconnect-carries"


class RSConnect:
    """The command line with an environment and a folder of its own."""

    def __init__(self, person, home: Path) -> None:
        self.person, self.home = person, home
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "CONNECT_SERVER": person.server.base_url,
            "CONNECT_API_KEY": person.key,
        }

    def run(self, *words: str, fails: bool = False) -> str:
        done = subprocess.run(
            [Path(sys.executable).with_name("rsconnect"), *words],
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        assert (done.returncode != 0) == fails, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stderr + done.stdout if fails or not done.stdout.startswith(("{", "[")) else done.stdout

    def json(self, *words: str):
        return json.loads(self.run(*words))


@pytest.fixture
def publisher(account):
    return account.add("publisher")


@pytest.fixture
def rsconnect(publisher, tmp_path):
    return RSConnect(publisher, tmp_path)


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "sales"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "requirements.txt").write_text("shiny==1.0.0\n")
    return folder


def only_content(person) -> dict:
    [content] = person.api.ok("GET", "v1/content")
    return content


@pytest.mark.parametrize("how", [["--no-verify"], []], ids=["without verification", "with verification"])
def test_deploy_shiny_registers_the_app(publisher, rsconnect, app, how):
    said = rsconnect.run("deploy", "shiny", str(app), "--title", "Sales of today", *how)
    assert "Deployment completed successfully" in said
    assert "neither builds nor hosts" in said and "gatehouse run" in said
    content = only_content(publisher)
    assert content["title"] == "Sales of today" and content["app_mode"] == "python-shiny"
    assert content["py_version"] and content["last_deployed_time"]
    [bundle] = publisher.api.ok("GET", f"v1/content/{content['guid']}/bundles")
    assert bundle["active"] and bundle["id"] == content["bundle_id"]
    assert content["content_url"] in said and content["dashboard_url"] in said


def test_a_redeployment_stays_the_same_content_and_carries_variables(publisher, rsconnect, app):
    rsconnect.run("deploy", "shiny", str(app))
    first = only_content(publisher)
    (app / "app.py").write_text(APP.replace("hello", "good bye"))
    said = rsconnect.run("deploy", "shiny", str(app), "--environment", f"DATABASE_PASSWORD={SECRET}")
    second = only_content(publisher)
    assert second["guid"] == first["guid"] and second["bundle_id"] != first["bundle_id"]
    path = f"v1/content/{first['guid']}"
    assert len(publisher.api.ok("GET", f"{path}/bundles")) == 2
    assert publisher.api.ok("GET", f"{path}/environment") == ["DATABASE_PASSWORD"]
    assert SECRET not in said and SECRET not in publisher.server.logs
    rsconnect.run("deploy", "shiny", str(app), "--app-id", first["guid"])
    rsconnect.run("deploy", "shiny", str(app), "--app-id", first["id"])
    assert len(publisher.api.ok("GET", f"{path}/bundles")) == 4
    rsconnect.run("deploy", "shiny", str(app), "--new", "--title", "Another")
    assert len(publisher.api.ok("GET", "v1/content")) == 2


def test_a_draft_changes_nothing_until_it_is_deployed(publisher, rsconnect, app):
    rsconnect.run("deploy", "shiny", str(app))
    before = only_content(publisher)
    said = rsconnect.run("deploy", "shiny", str(app), "--draft")
    assert "not activated" in said and f"{before['dashboard_url']}/draft/" in said
    after = only_content(publisher)
    assert after["bundle_id"] == before["bundle_id"]
    assert len(publisher.api.ok("GET", f"v1/content/{after['guid']}/bundles")) == 2


def test_git_says_where_the_sources_come_from(publisher, rsconnect, app):
    def git(*words: str) -> str:
        author = ["-c", "user.name=Pat", "-c", "user.email=pat@acme.example"]
        return subprocess.check_output(["git", *author, *words], cwd=app, text=True).strip()

    git("init", "-q", "-b", "trunk")
    git("remote", "add", "origin", "git@git.example:acme/sales.git")
    git("add", ".")
    git("commit", "-q", "-m", "Sales")
    rsconnect.run("deploy", "shiny", str(app), "--metadata", "reviewed_by=Olga")
    [bundle] = publisher.api.ok("GET", f"v1/content/{only_content(publisher)['guid']}/bundles")
    metadata = bundle["metadata"]
    assert metadata["source"] == "git" and metadata["source_branch"] == "trunk"
    assert metadata["source_repo"] == "https://git.example/acme/sales.git"
    assert metadata["source_commit"].startswith(git("rev-parse", "HEAD"))
    assert metadata["reviewed_by"] == "Olga"


def test_content_is_searched_described_and_downloaded(publisher, rsconnect, app, tmp_path):
    rsconnect.run("deploy", "shiny", str(app), "--title", "Findable")
    content = only_content(publisher)
    [found] = rsconnect.json("content", "search", "--published", "--title-contains", "Find")
    assert found["guid"] == content["guid"]
    assert rsconnect.json("content", "search", "--unpublished") == []
    [found] = rsconnect.json("content", "search", "--content-type", "python-shiny", "--py-version", ">=3.0.0")
    assert found["guid"] == content["guid"]
    [described] = rsconnect.json("content", "describe", "--guid", content["guid"])
    assert described["owner"]["guid"] == publisher.guid and described["bundle_id"] == content["bundle_id"]
    packed = tmp_path / "bundle.tar.gz"
    rsconnect.run("content", "download-bundle", "--guid", content["guid"], "--output", str(packed))
    with tarfile.open(packed) as tar:
        assert {"manifest.json", "app.py", "requirements.txt"} <= set(tar.getnames())
        assert tar.extractfile("app.py").read().decode() == APP
    assert "nothing at this address" in rsconnect.run("content", "get-lockfile", "--guid", content["guid"], fails=True)


def test_a_build_succeeds_and_says_that_nothing_was_built(publisher, rsconnect, app):
    rsconnect.run("deploy", "shiny", str(app))
    content = only_content(publisher)
    rsconnect.run("content", "build", "add", "--guid", content["guid"])
    assert "Build succeeded" in rsconnect.run("content", "build", "run")
    assert "neither builds" in rsconnect.run("content", "build", "logs", "--guid", content["guid"])
    assert only_content(publisher)["last_deployed_time"] == content["last_deployed_time"]


def test_static_files_an_api_and_a_manifest_are_deployed_too(publisher, rsconnect, app, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<h1>hello</h1>")
    rsconnect.run("deploy", "html", str(site), "--title", "The site")
    api = tmp_path / "api"
    api.mkdir()
    (api / "app.py").write_text("app = None\n")
    (api / "requirements.txt").write_text("fastapi==0.115.0\n")
    rsconnect.run("deploy", "fastapi", str(api), "--title", "The api")
    rsconnect.run("write-manifest", "streamlit", str(app))
    rsconnect.run("deploy", "manifest", str(app / "manifest.json"), "--title", "The rest")
    modes = {one["title"]: one["app_mode"] for one in publisher.api.ok("GET", "v1/content")}
    assert modes == {"The site": "static", "The api": "python-fastapi", "The rest": "python-streamlit"}


def test_git_backed_content_and_a_viewers_key_are_told_what_to_do(account, rsconnect, app, tmp_path):
    said = rsconnect.run("deploy", "git", "--repository", "https://git.example/x.git", "--title", "Git", fails=True)
    assert "Git-backed deployment is not enabled" in said
    viewer = RSConnect(account.add("viewer"), tmp_path)
    assert "publisher" in viewer.run("deploy", "shiny", str(app), fails=True)
    viewer.environment["CONNECT_API_KEY"] = "gh_nonsense"
    assert "API key" in viewer.run("deploy", "shiny", str(app), fails=True)


def test_details_of_the_server(rsconnect):
    said = rsconnect.run("details", "--server", rsconnect.person.server.base_url)
    assert "2026.06.0" in said and "allowed" in said.lower()


def test_an_admin_lists_adds_shows_edits_and_removes_integrations(account, tmp_path):
    rsconnect = RSConnect(account.admin, tmp_path)
    assert "databricks" in rsconnect.run("integration", "templates", "list")
    shown = rsconnect.json("integration", "templates", "show", "databricks")
    assert {field["name"] for field in shown["fields"]} >= {"workspace_host", "client_id", "client_secret"}
    config = {
        "auth_type": "Viewer",
        "auth_mode": "Confidential",
        "workspace_host": "dbc-1.cloud.databricks.com",
        "client_id": "client",
        "client_secret": SECRET,
        "scopes": "all-apis offline_access",
    }
    words = [word for name, value in config.items() for word in ("--config", f"{name}={value}")]
    pat = account.add("publisher")
    made = rsconnect.json(
        "integration", "add", "--template", "databricks", "--integration-name", "Lake", "--description", "Ours",
        "--allow-user", pat.guid, *words,
    )  # fmt: skip
    assert made["name"] == "Lake" and "client_secret" not in made["config"]
    assert [one["user_guid"] for one in made["permissions"]] == [pat.guid]
    assert made["guid"] in rsconnect.run("integration", "list")
    assert rsconnect.json("integration", "show", made["guid"]) == made
    edited = rsconnect.json(
        "integration", "edit", made["guid"], "--integration-name", "Lakehouse", "--config", "scopes=sql offline_access"
    )
    assert edited["name"] == "Lakehouse" and edited["config"]["scopes"] == "sql offline_access"
    assert edited["config"]["client_id"] == "client"
    assert account.admin.api.ok("GET", f"v1/oauth/integrations/{made['guid']}") == edited
    rsconnect.run("integration", "remove", made["guid"])
    assert made["guid"] not in rsconnect.run("integration", "list")
    assert "no such integration" in rsconnect.run("integration", "show", made["guid"], fails=True)


def test_a_publisher_may_look_at_integrations_and_no_more(account, rsconnect):
    rsconnect.run("integration", "list")
    said = rsconnect.run("integration", "add", "--template", "custom", "--integration-name", "Mine", fails=True)
    assert "administrator" in said
