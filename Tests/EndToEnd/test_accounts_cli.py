"""The command line: accounts, users and keys, while the server runs and while it does not."""

import base64
import json
import stat

import pytest

from harness.account import Api
from harness.gatehouse import GUID, CommandFailed
from harness.process import DidNotStart
from harness.scene import play


@pytest.fixture(params=["running", "stopped"])
def either(request, own_stage):
    """A data folder with and without a server on it: the commands must not care."""
    return own_stage.gatehouse(start=request.param == "running")


def test_account_create_prints_the_account_and_its_admin(either):
    email = "ada@acme.example"
    made = either.json("account", "create", "acme", "--name", "Acme", "--admin-email", email)
    assert made["account"]["slug"] == "acme" and made["account"]["name"] == "Acme"
    admin = made["admin"]
    assert GUID.match(admin["guid"]) and admin["email"] == email
    assert admin["role"] == "administrator" and admin["api_key"].startswith("gh_")
    assert "/accounts/acme/invite?token=" in admin["invite_url"]
    assert (either.data / "acme" / "account.sqlite").exists()


def test_accounts_are_listed_shown_and_deleted(either):
    for slug in ("acme", "globex"):
        either.create_account(slug)
    assert {one["slug"] for one in either.json("account", "list")} == {"acme", "globex"}
    shown = either.json("account", "show", "acme")
    assert shown.get("account", shown)["slug"] == "acme"
    assert "api_key" not in json.dumps(shown)
    either.command("account", "delete", "acme", "--yes")
    assert [one["slug"] for one in either.json("account", "list")] == ["globex"]
    assert not (either.data / "acme" / "account.sqlite").exists()


def test_users_are_created_listed_and_locked(either):
    either.create_account("acme")
    made = either.json("user", "create", "acme", "--email", "vic@acme.example", "--role", "viewer")
    assert set(made) >= {"guid", "email", "role", "api_key", "invite_url"}
    assert made["role"] == "viewer" and GUID.match(made["guid"])
    either.command("user", "lock", "acme", "vic@acme.example")
    listed = either.json("user", "list", "acme")
    users = {one["email"]: one for one in (listed if isinstance(listed, list) else listed["results"])}
    assert users["vic@acme.example"]["locked"] is True
    assert "gh_" not in json.dumps(listed)
    either.command("user", "lock", "acme", "vic@acme.example", "--unlock")


@pytest.mark.parametrize("slug", ["a", "A", "acme!", "-acme-", "x" * 41, "../evil", "a/b", "", ".", "acme.", "ümlaut"])
def test_a_slug_that_does_not_fit_is_refused_and_nothing_is_made(either, slug):
    done = either.run("account", "create", slug, "--name", "X", "--admin-email", "ada@acme.example")
    assert done.returncode != 0 and done.stderr.strip()
    assert list(either.data.rglob("account.sqlite")) == []
    assert not (either.data.parent / "evil").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("account", "create", "acme", "--name", "Again", "--admin-email", "eve@acme.example"),
        ("account", "show", "nobody"),
        ("account", "delete", "nobody", "--yes"),
        ("user", "create", "acme", "--email", "ada@acme.example", "--role", "viewer"),
        ("user", "create", "acme", "--email", "not an address", "--role", "viewer"),
        ("user", "create", "acme", "--email", "x@acme.example", "--role", "emperor"),
        ("user", "create", "nobody", "--email", "x@acme.example", "--role", "viewer"),
        ("user", "lock", "acme", "nobody@acme.example"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_ends_with_a_sentence_and_an_exit_code(either, command):
    made = either.create_account("acme")
    done = either.run(*command)
    assert done.returncode != 0
    assert len(done.stderr.strip()) > 15 and "Fatal error" not in done.stderr
    assert done.stdout.strip() == "" or "gh_" not in done.stdout
    if either.child is not None:
        assert made.admin.api.ok("GET", "v1/user")["email"] == made.admin.email


def test_a_new_account_is_served_without_a_restart(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account("fresh")
    assert account.admin.api.ok("GET", "v1/user")["user_role"] == "administrator"
    server.command("account", "delete", "fresh", "--yes")
    assert account.admin.api("GET", "v1/user").status_code == 401


def test_what_was_made_while_stopped_is_there_after_the_start(own_stage):
    server = own_stage.gatehouse(start=False)
    account = server.create_account("acme")
    viewer = account.add("viewer")
    server.start()
    assert viewer.accept_invite().status_code == 200
    assert viewer.api.ok("GET", "v1/user")["email"] == viewer.email


def test_a_second_server_on_the_same_folder_is_refused_and_names_the_first(own_stage):
    server = own_stage.gatehouse()
    second = type(server)(server.data)
    with pytest.raises(DidNotStart) as refused:
        second.start()
    assert str(server.child.process.pid) in refused.value.output
    assert server.get("/__ping__").status_code == 200


def test_sigterm_ends_the_server_gracefully_and_it_can_start_again(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    assert server.stop() == 0
    server.start()
    assert account.admin.api.ok("GET", "v1/user")["email"] == account.admin.email


def test_a_server_that_was_killed_leaves_no_lock_behind(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    server.child.kill()
    server.command("account", "show", account.slug)
    server.start()
    assert account.admin.api.ok("GET", "v1/user")["email"] == account.admin.email


# Manifests.

MANIFEST = {
    "name": "Acme Corporation",
    "users": [
        {"email": "ada@acme.example", "role": "administrator", "first_name": "Ada", "last_name": "Admin"},
        {"email": "pat@acme.example", "role": "publisher", "first_name": "Pat", "last_name": "Publisher"},
    ],
    "integrations": [
        {
            "name": "Lakehouse",
            "description": "Of Acme",
            "template": "databricks",
            "config": {
                "auth_type": "Viewer",
                "auth_mode": "Confidential",
                "workspace_host": {"env": "ACME_HOST"},
                "client_id": "client",
                "client_secret": {"env": "ACME_SECRET"},
                "scopes": "all-apis offline_access",
            },
        }
    ],
}
ENVIRONMENT = {"ACME_HOST": "127.0.0.1:9100", "ACME_SECRET": "manifest secret of acme"}


def write_manifest(server, manifest: dict) -> None:
    folder = server.data / "acme"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "account.json").write_text(json.dumps(manifest))


def test_a_manifest_is_made_true_and_applying_it_again_changes_nothing(either):
    write_manifest(either, MANIFEST)
    apply = ("account", "apply", "acme", "--allow-host", "127.0.0.1")
    either.command(*apply, environment=ENVIRONMENT)
    users = either.json("user", "list", "acme")
    users = users if isinstance(users, list) else users["results"]
    assert {user["email"] for user in users} == {"ada@acme.example", "pat@acme.example"}
    first = either.json("account", "show", "acme")
    either.command(*apply, environment=ENVIRONMENT)
    assert either.json("account", "show", "acme") == first
    if either.child is None:
        either.start()
    made = either.json("user", "create", "acme", "--email", "new@acme.example", "--role", "administrator")
    [integration] = Api(either, made["api_key"]).ok("GET", "v1/oauth/integrations")
    assert integration["name"] == "Lakehouse"
    assert integration["config"]["workspace_host"].removeprefix("http://") == "127.0.0.1:9100"
    changed = {**MANIFEST, "integrations": [{**MANIFEST["integrations"][0], "description": "Changed"}]}
    write_manifest(either, changed)
    either.command(*apply, environment=ENVIRONMENT)
    [again] = Api(either, made["api_key"]).ok("GET", "v1/oauth/integrations")
    assert again["description"] == "Changed" and again["guid"] == integration["guid"]


@pytest.mark.parametrize(
    "change",
    [
        {"users": [{"email": "no address", "role": "viewer"}]},
        {"users": [{"email": "a@b.example", "role": "emperor"}]},
        {"integrations": [{"name": "X", "template": "nothing", "config": {}}]},
        {"surprise": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_manifest_that_does_not_fit_is_refused_with_a_sentence(either, change):
    write_manifest(either, {**MANIFEST, **change})
    done = either.run("account", "apply", "acme", "--allow-host", "127.0.0.1", environment=ENVIRONMENT)
    assert done.returncode != 0 and len(done.stderr.strip()) > 15
    assert "manifest secret of acme" not in done.stdout + done.stderr


def test_a_manifest_whose_secret_is_not_there_is_refused(either):
    write_manifest(either, MANIFEST)
    done = either.run(
        "account", "apply", "acme", "--allow-host", "127.0.0.1", environment={"ACME_HOST": "127.0.0.1:9100"}
    )
    assert done.returncode != 0 and "ACME_SECRET" in done.stderr


# Keys.


def test_rotating_the_master_key_keeps_everything_working(own_stage):
    server = own_stage.gatehouse()
    scene = play(server, own_stage.simulator("databricks"))
    before = (server.data / ".master-key").read_bytes()
    server.command("key", "rotate")
    assert (server.data / ".master-key").read_bytes() != before
    assert scene.exchange().status_code == 200
    server.restart()
    assert scene.exchange().status_code == 200
    server.stop()
    server.command("key", "rotate")
    server.start()
    assert scene.exchange().status_code == 200


def test_the_master_key_is_made_for_its_owner_only(own_stage):
    server = own_stage.gatehouse()
    mode = stat.S_IMODE((server.data / ".master-key").stat().st_mode)
    assert mode == 0o600


def break_open(path):
    path.chmod(0o644)


def break_empty(path):
    path.write_bytes(b"")


def break_other(path):
    path.write_bytes(base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"="))


def break_cut(path):
    path.write_bytes(path.read_bytes()[:-5])


def break_missing(path):
    path.unlink()


@pytest.mark.parametrize("harm", [break_open, break_empty, break_other, break_cut, break_missing])
def test_a_broken_master_key_stops_the_server_and_says_which_account(own_stage, harm):
    server = own_stage.gatehouse()
    account = server.create_account("acme")
    server.stop()
    path = server.data / ".master-key"
    good = path.read_bytes()
    harm(path)
    with pytest.raises(DidNotStart) as refused:
        server.start()
    assert refused.value.code not in (0, None)
    if harm in (break_other, break_missing):
        assert "acme" in refused.value.output
    else:
        assert "master" in refused.value.output.lower()
    path.write_bytes(good)
    path.chmod(0o600)
    server.start()
    assert account.admin.api.ok("GET", "v1/user")["email"] == account.admin.email


def test_a_master_key_file_may_lie_elsewhere(own_stage):
    server = own_stage.gatehouse(start=False)
    elsewhere = own_stage.folder("key") / "master"
    server.start(more=("--master-key-file", str(elsewhere)))
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600
    assert not (server.data / ".master-key").exists()
    account = server.create_account("acme")
    assert account.admin.api.ok("GET", "v1/user")["email"] == account.admin.email


def test_check_config_checks_and_does_nothing_else(own_stage):
    server = own_stage.gatehouse(start=False)
    line = [str(part) for part in server.serve_command()[2:]]
    assert server.run("check-config", *line, data=False).returncode == 0
    for wrong in (("--base-url", "ftp://x"), ("--listen", "nonsense"), ("--base-url", "http://public.example")):
        bad = list(line)
        bad[bad.index(wrong[0]) + 1] = wrong[1]
        done = server.run("check-config", *bad, data=False)
        assert done.returncode != 0 and len(done.stderr.strip()) > 15, wrong
    assert not list(server.data.rglob("*.sqlite"))


def test_a_failed_command_names_itself(own_stage):
    with pytest.raises(CommandFailed):
        own_stage.gatehouse(start=False).command("account", "show", "nobody")
