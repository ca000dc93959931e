"""Bundles, deployments and tasks: what is kept, what is refused, and what a crash leaves."""

import gzip
import io
import json
import random
import sqlite3
import tarfile
import threading
from pathlib import Path

import pytest
import requests
from posit.connect import Client
from posit.connect.errors import ClientError

from harness.bundles import archive, bundle, manifest
from harness.gatehouse import GUID
from harness.site import PROXIES
from harness.waiting import DEADLINE_SECONDS, free_port, wait_until

MIB = 1 << 20
BUNDLE_KEYS = {
    "id", "content_guid", "created_time", "cluster_name", "image_name", "r_version", "r_environment_management",
    "py_version", "py_environment_management", "quarto_version", "active", "size", "metadata",
}  # fmt: skip


@pytest.fixture(scope="module")
def publisher(account):
    return account.add("publisher")


@pytest.fixture
def content(publisher):
    return publisher.api.ok("POST", "v1/content", json={"title": "Bundles"})


@pytest.fixture
def path(content):
    return f"v1/content/{content['guid']}"


def client_of(person) -> Client:
    return Client(url=person.server.base_url, api_key=person.key)


def upload(person, path: str, data: bytes, **more) -> dict:
    return person.api.ok("POST", f"{path}/bundles", data=data, **more)


def files_of(server, account, content) -> list[str]:
    folder = server.data / account.slug / "bundles"
    found = [*(folder / content["guid"]).rglob("*"), *(folder / ".incoming").rglob("*")]
    return sorted(file.name for file in found if file.is_file())


def test_posit_sdk_uploads_deploys_downloads_and_deletes(publisher, content):
    client = client_of(publisher)
    item = client.content.get(content["guid"])
    assert item["app_mode"] == "unknown" and item["bundle_id"] is None
    assert item.bundles.find() == [] and item.bundles.find_one() is None and item.bundles.active() is None
    first_bytes = bundle(python={"version": "3.11.4"})
    first = item.bundles.create(first_bytes)
    second = item.bundles.create(io.BufferedReader(io.BytesIO(bundle("python-dash"))))
    assert [one["id"] for one in item.bundles.find()] == [second["id"], first["id"]], "newest first"
    assert dict(item.bundles.get(first["id"])) == dict(first)
    assert first["py_version"] == "3.11.4" and first["size"] == len(first_bytes) and first["active"] is False
    task = first.deploy()
    task.wait_for()
    assert task.is_finished and task.error_code == 0 and not task.error_message
    active = item.bundles.active()
    assert active["id"] == first["id"]
    item = client.content.get(content["guid"])
    assert (item["app_mode"], item["bundle_id"], item["py_version"]) == ("python-shiny", first["id"], "3.11.4")
    assert item["last_deployed_time"] and item.is_interactive and not item.is_rendered
    packed = io.BytesIO()
    active.download(io.BufferedWriter(packed))
    packed.flush() if not packed.closed else None
    with pytest.raises(ClientError) as refused:
        active.delete()
    assert refused.value.http_status == 409
    item.bundles.get(second["id"]).delete()
    assert [one["id"] for one in item.bundles.find()] == [first["id"]]


def test_a_bundle_has_the_keys_of_connect_and_comes_back_as_it_was(publisher, path):
    data = bundle("shiny", platform="4.3.1", quarto={"version": "1.4.5"})
    made = upload(publisher, path, data)
    assert set(made) == BUNDLE_KEYS
    assert made["id"].isdigit() and GUID.match(made["content_guid"])
    assert (made["r_version"], made["quarto_version"], made["py_version"]) == ("4.3.1", "1.4.5", None)
    assert set(made["metadata"]) >= {"source", "source_repo", "source_branch", "source_commit"}
    assert publisher.api.ok("GET", f"{path}/bundles/{made['id']}") == made
    assert publisher.api.ok("GET", f"{path}/bundles") == [made]
    answer = publisher.api("GET", f"{path}/bundles/{made['id']}/download")
    assert answer.content == data
    assert answer.headers["Content-Type"] == "application/gzip"
    assert answer.headers["Content-Length"] == str(len(data))
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    head = publisher.api("HEAD", f"{path}/bundles/{made['id']}/download")
    assert head.status_code == 200 and head.content == b""
    assert publisher.api.ok("GET", "v1/user")["guid"] == publisher.guid, "the connection goes on"


@pytest.mark.parametrize(
    "kind", ["application/gzip", "application/x-tar", "application/octet-stream", "application/x-gzip", None]
)
def test_an_archive_may_call_itself_what_it_likes(publisher, path, kind):
    made = upload(publisher, path, bundle(), headers={"Content-Type": kind} if kind else {})
    assert made["size"] > 100


def test_a_form_carries_the_archive_and_where_it_comes_from(publisher, path):
    data = bundle()
    source = {
        "source": "git",
        "source_repo": "https://git.example/sales.git",
        "source_branch": "main",
        "source_commit": "abc123-dirty",
    }
    form = {"archive": ("bundle.tar.gz", data, "application/x-tar"), "metadata": (None, json.dumps(source))}
    made = publisher.api.ok("POST", f"{path}/bundles", files=form)
    assert {name: made["metadata"][name] for name in source} == source
    assert made["size"] == len(data)
    assert publisher.api("GET", f"{path}/bundles/{made['id']}/download").content == data
    assert publisher.api.ok("GET", f"{path}/bundles/{made['id']}") == made


FORMS = {
    "no archive": {"metadata": (None, "{}")},
    "metadata is no JSON": {"archive": ("b", bundle()), "metadata": (None, "{")},
    "metadata is no object": {"archive": ("b", bundle()), "metadata": (None, "[]")},
    "metadata of numbers": {"archive": ("b", bundle()), "metadata": (None, '{"source": 1}')},
    "metadata of lines": {"archive": ("b", bundle()), "metadata": (None, '{"source": "a\\nb"}')},
    "metadata too long": {"archive": ("b", bundle()), "metadata": (None, json.dumps({"source": "x" * 2000}))},
    "metadata far too long": {"archive": ("b", bundle()), "metadata": (None, "x" * 100_000)},
    "archive is none": {"archive": ("b", b"nothing")},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_bad_form_is_refused(server, account, publisher, content, path, form):
    answer = publisher.api("POST", f"{path}/bundles", files=form)
    assert answer.status_code == 400 and answer.json()["code"] == 25, answer.text
    assert publisher.api.ok("GET", f"{path}/bundles") == [] and files_of(server, account, content) == []


def test_a_form_that_ends_early_is_refused(publisher, path):
    body = b'--B\r\nContent-Disposition: form-data; name="archive"\r\n\r\n' + bundle()
    for kind in ("multipart/form-data; boundary=B", "multipart/form-data", "multipart/form-data; boundary=C"):
        publisher.api.refused(400, 211, "POST", f"{path}/bundles", data=body, headers={"Content-Type": kind})


def tar_of(*entries: tarfile.TarInfo, **content: bytes) -> bytes:
    packed = io.BytesIO()
    text = json.dumps(manifest("shiny")).encode()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
        for entry in entries:
            data = content.get("data", b"")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def raw(text: str) -> bytes:
    return archive({"manifest.json": text.encode()})


def whole(app_mode: str = "shiny") -> bytes:
    """A manifest.json in which nothing is wrong."""
    return json.dumps(manifest(app_mode)).encode()


HOSTILE = {
    "empty": b"",
    "text": b"just some text",
    "a zip": b"PK\x03\x04" + bytes(100),
    "gzip of text": gzip.compress(b"no tar"),
    "a plain tar": gzip.decompress(bundle()),
    "an empty tar": gzip.compress(bytes(10240)),
    "cut off": bundle()[:-20],
    "cut off early": bundle()[:60],
    "a damaged stream": bundle()[:40] + b"\xff\xff\xff\xff" + bundle()[44:],
    "something behind it": bundle() + b"tail",
    "no manifest": archive({"app.py": b""}),
    "manifest too deep": archive({"a/b/manifest.json": whole(), "a/app.py": b""}),
    "manifest beside an empty folder": archive({"a/b/manifest.json": whole(), "a/c/": None}),
    "manifest in one of two folders": archive({"a/manifest.json": b"{}", "b/app.py": b""}),
    "two manifests": archive({"manifest.json": raw("{}"), "./manifest.json": b"{}"}),
    "manifest is no JSON": raw("{"),
    "manifest is a list": raw("[]"),
    "manifest is empty": raw(""),
    "manifest without metadata": raw("{}"),
    "manifest without appmode": raw('{"metadata": {}}'),
    "appmode is a number": raw('{"metadata": {"appmode": 1}}'),
    "appmode is markup": raw('{"metadata": {"appmode": "<b>"}}'),
    "appmode is empty": raw('{"metadata": {"appmode": ""}}'),
    "appmode is too long": raw(json.dumps({"metadata": {"appmode": "x" * 65}})),
    "duplicate keys": raw('{"metadata": {"appmode": "shiny", "appmode": "static"}}'),
    "nested too deep": raw('{"metadata": ' + "[" * 100_000 + "]" * 100_000 + "}"),
    "an absolute path": tar_of(entry("/etc/passwd")),
    "a path with ..": tar_of(entry("a/../../etc/passwd")),
    "a symbolic link to elsewhere": tar_of(entry("link", tarfile.SYMTYPE, "/etc/passwd")),
    "a symbolic link that climbs out": tar_of(entry("a/link", tarfile.SYMTYPE, "../../etc/passwd")),
    "a symbolic link that climbs from another": tar_of(
        entry("here", tarfile.SYMTYPE, "."), entry("a/link", tarfile.SYMTYPE, "../here/../../x")
    ),
    "a hard link to elsewhere": tar_of(entry("link", tarfile.LNKTYPE, "/etc/passwd")),
    "a hard link that climbs out": tar_of(entry("a/link", tarfile.LNKTYPE, "../etc/passwd")),
    "a file behind a link": tar_of(entry("link", tarfile.SYMTYPE, "a"), entry("link/x")),
    "a path with a drive": tar_of(entry("c:/x")),
    "manifest is a link": archive({"app.json": whole()}, entry("manifest.json", tarfile.SYMTYPE, "app.json")),
    "a device": tar_of(entry("null", tarfile.CHRTYPE)),
    "a pipe": tar_of(entry("pipe", tarfile.FIFOTYPE)),
    "a long name that leads out": tar_of(entry("../" + "x" * 300)),
    "a bomb": gzip.compress(bytes(300 * MIB), 9),
    "a bomb in a tar": tar_of(entry("zeros"), data=bytes(200 * MIB)),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_bundle_is_refused_and_leaves_nothing(server, account, publisher, content, path, data):
    error = publisher.api.refused(400, 25, "POST", f"{path}/bundles", data=data)
    assert error["payload"]["field"] == "archive"
    assert publisher.api.ok("GET", f"{path}/bundles") == []
    assert files_of(server, account, content) == []


def test_a_manifest_in_the_single_folder_on_top_counts(publisher, path):
    inside = archive({"app/manifest.json": json.dumps(manifest("quarto-shiny")).encode(), "app/x/y.txt": b""})
    assert publisher.api.ok("POST", f"{path}/deploy", json={"bundle_id": upload(publisher, path, inside)["id"]})
    assert publisher.api.ok("GET", path)["app_mode"] == "quarto-shiny"


NESTED = {
    "two folders": archive({"my-app/bundle/manifest.json": whole("quarto-shiny"), "my-app/bundle/x/y.txt": b""}),
    "with the folders": archive(
        {"./": None, "./a/": None, "./a/b/": None, "./a/b/manifest.json": whole("quarto-shiny"), "./a/b/c/": None}
    ),
    "manifest last": archive({"a/b/c/x/manifest.json": b"{}", "a/b/c/manifest.json": whole("quarto-shiny")}),
    "a Mac's companions": archive({"._a": b"", "a/._b": b"", "a/b/manifest.json": whole("quarto-shiny")}),
    "another one deeper": archive({"a/manifest.json": whole("quarto-shiny"), "a/b/manifest.json": b"{}"}),
}


@pytest.mark.parametrize("data", NESTED.values(), ids=NESTED)
def test_lone_folders_are_unwrapped_again_and_again(publisher, path, data):
    assert publisher.api.ok("POST", f"{path}/deploy", json={"bundle_id": upload(publisher, path, data)["id"]})
    assert publisher.api.ok("GET", path)["app_mode"] == "quarto-shiny"


def test_links_that_stay_within_the_bundle_and_odd_names_are_kept(publisher, path):
    data = tar_of(
        entry("c:1.txt"),
        entry("a/b.txt"),
        entry("a/hard", tarfile.LNKTYPE, "manifest.json"),
        entry("a/up", tarfile.SYMTYPE, "../manifest.json"),
        entry("latest", tarfile.SYMTYPE, "a"),
        entry("a/" + "long" * 40, tarfile.SYMTYPE, "b/" * 80 + "c"),
    )
    made = upload(publisher, path, data)
    assert publisher.api("GET", f"{path}/bundles/{made['id']}/download").content == data


def chunks(data: bytes, size: int = 8192):
    for start in range(0, len(data), size):
        yield data[start : start + size]


def noise(count: int) -> bytes:
    """Bytes that no compression makes fewer."""
    return random.Random(7).randbytes(count)


def test_the_largest_bundle_fits_and_one_byte_more_does_not(own_stage):
    server = own_stage.gatehouse(start=False)
    server.start(more=("--max-bundle-size", "3MiB"))
    person = server.create_account().add("publisher")
    content = person.api.ok("POST", "v1/content", json={})
    path = f"v1/content/{content['guid']}"
    data = bundle(files={"noise.bin": noise(3 * MIB - 4096)})
    assert 2 * MIB < len(data) <= 3 * MIB
    made = upload(person, path, data)
    assert person.api("GET", f"{path}/bundles/{made['id']}/download").content == data
    chunked = person.api("POST", f"{path}/bundles", data=chunks(data))
    assert chunked.status_code == 200 and chunked.json()["size"] == len(data)
    too_large = bundle(files={"noise.bin": noise(3 * MIB + 1)})
    for body in (too_large, chunks(too_large), bundle(files={"noise.bin": noise(5 * MIB)})):
        error = person.api.refused(413, 413, "POST", f"{path}/bundles", data=body)
        assert str(3 * MIB) in error["error"]
    form = {"archive": ("bundle.tar.gz", data)}
    assert person.api("POST", f"{path}/bundles", files=form).status_code == 200
    assert len(person.api.ok("GET", f"{path}/bundles")) == 3
    # What is larger than other bodies is taken at this one address alone.
    for other in ("v1/content", f"{path}/deploy", f"{path}/bundles/1", f"{path}/environment"):
        person.api.refused(413, 413, "POST", other, data=noise(2 * MIB))
    refused = server.run("check-config", "--max-bundle-size", "lots")
    assert refused.returncode == 78 and "--max-bundle-size" in refused.stderr


@pytest.mark.parametrize("name", PROXIES)
def test_a_proxy_lets_bundles_through_and_nothing_else_that_is_large(own_stage, name):
    server, base_port = own_stage.gatehouse(), free_port()
    proxy = own_stage.keep(PROXIES[name](own_stage.folder(name), server.listen, free_port(), base_port))
    person = server.create_account().add("publisher")
    path = f"v1/content/{person.api.ok('POST', 'v1/content', json={})['guid']}"

    def post(rest: str, data: bytes) -> requests.Response:
        url = f"http://localhost:{base_port}/__api__/{path}/{rest}"
        return requests.post(url, data=data, headers={"Authorization": f"Key {person.key}"}, timeout=DEADLINE_SECONDS)

    data = bundle(files={"noise.bin": noise(8 * MIB)})
    assert post("bundles", data).json()["size"] == len(data), proxy.logs
    assert post("environment", data).status_code == 413
    assert person.api("GET", f"{path}/bundles/1/download").content == data


def test_a_large_bundle_is_not_held_in_memory(own_stage):
    server = own_stage.gatehouse()
    person = server.create_account().add("publisher")
    path = f"v1/content/{person.api.ok('POST', 'v1/content', json={})['guid']}"
    upload(person, path, bundle())

    def peak() -> int:
        status = Path(f"/proc/{server.child.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))

    before = peak()
    data = bundle(files={"noise.bin": noise(60 * MIB)})
    made = upload(person, path, data)
    assert person.api("GET", f"{path}/bundles/{made['id']}/download").content == data
    assert peak() - before < 30 * 1024, "KiB"


def test_a_sender_who_goes_away_leaves_nothing(server, account, publisher, content, path):
    data = bundle(files={"noise.bin": noise(MIB)})
    with pytest.raises(requests.ConnectionError):
        publisher.api("POST", f"{path}/bundles", data=broken(data))
    assert publisher.api.ok("GET", f"{path}/bundles") == []
    wait_until(lambda: files_of(server, account, content) == [], "the upload's file goes")


def broken(data: bytes):
    yield data[: len(data) // 2]
    raise requests.ConnectionError("the sender goes away")


def test_the_task_says_in_plain_words_what_was_done(server, publisher, content, path):
    made = upload(publisher, path, bundle(python={"version": "3.12.1"}))
    task_id = publisher.api.ok("POST", f"{path}/deploy", json={"bundle_id": made["id"]})["task_id"]
    task = publisher.api.ok("GET", f"v1/tasks/{task_id}")
    assert set(task) == {"id", "output", "finished", "code", "error", "last", "result"}
    assert (task["id"], task["finished"], task["code"], task["error"]) == (task_id, True, 0, "")
    words = "\n".join(task["output"])
    for part in ("registered", "python-shiny", "Python 3.12.1", "neither builds nor hosts", "upstream_url"):
        assert part in words
    assert f"gatehouse run {content['guid']} --server {server.base_url}" in words
    assert task["last"] == len(task["output"])
    rest = publisher.api.ok("GET", f"v1/tasks/{task_id}", params={"first": 2, "wait": 5})
    assert rest["output"] == task["output"][2:] and rest["last"] == task["last"]
    assert publisher.api.ok("GET", f"v1/tasks/{task_id}", params={"first": task["last"]})["output"] == []
    for bad in ({"first": "-1"}, {"first": "x"}, {"wait": "forever"}, {"wait": "1e9"}):
        publisher.api.refused(400, 25, "GET", f"v1/tasks/{task_id}", params=bad)


def test_without_an_id_the_active_or_else_the_newest_is_deployed(publisher, path):
    error = publisher.api.refused(400, 25, "POST", f"{path}/deploy", json={})
    assert "bundle" in error["error"]
    first = upload(publisher, path, bundle("shiny"))
    second = upload(publisher, path, bundle("python-dash"))
    publisher.api.ok("POST", f"{path}/deploy", json={"bundle_id": None})
    assert publisher.api.ok("GET", path)["bundle_id"] == second["id"]
    publisher.api.ok("POST", f"{path}/deploy", json={"bundle_id": first["id"]})
    publisher.api.ok("POST", f"{path}/deploy", json={})
    assert publisher.api.ok("GET", path)["bundle_id"] == first["id"]


def test_what_is_not_activated_changes_nothing(publisher, path):
    made = upload(publisher, path, bundle())
    for call, body in (("deploy", {"bundle_id": made["id"], "activate": False}), ("build", {"bundle_id": made["id"]})):
        task = publisher.api.ok("POST", f"{path}/{call}", json=body)["task_id"]
        assert "not activated" in "\n".join(publisher.api.ok("GET", f"v1/tasks/{task}")["output"])
        content = publisher.api.ok("GET", path)
        assert (content["app_mode"], content["bundle_id"], content["last_deployed_time"]) == ("unknown", None, None)


def test_a_bundle_of_other_content_or_none_is_not_deployed(publisher, path):
    other = publisher.api.ok("POST", "v1/content", json={})
    elsewhere = upload(publisher, f"v1/content/{other['guid']}", bundle())
    for bundle_id in (elsewhere["id"], "999999"):
        publisher.api.refused(404, 4, "POST", f"{path}/deploy", json={"bundle_id": bundle_id})
        publisher.api.refused(404, 4, "GET", f"{path}/bundles/{bundle_id}")
        publisher.api.refused(404, 4, "GET", f"{path}/bundles/{bundle_id}/download")
        publisher.api.refused(404, 4, "DELETE", f"{path}/bundles/{bundle_id}")
    for bad in ("x", "-1", "0", 1, [], "1; DROP TABLE bundle"):
        publisher.api.refused(400, 25, "POST", f"{path}/deploy", json={"bundle_id": bad})
    publisher.api.refused(400, 25, "POST", f"{path}/deploy", json={"activate": "yes"})
    publisher.api.refused(400, 121, "POST", f"{path}/deploy", json=[])
    assert publisher.api.ok("GET", path)["bundle_id"] is None


STATIC = ["static", "rmd-static", "jupyter-static", "quarto-static"]


@pytest.mark.parametrize("mode", STATIC)
def test_static_content_uses_no_integrations(account, publisher, path, databricks, mode):
    integration = account.add_integration(databricks, name=f"For {mode}")
    associations = f"{path}/oauth/integrations/associations"
    wanted = [{"oauth_integration_guid": integration["guid"]}]
    made = upload(publisher, path, bundle(mode))
    publisher.api.ok("PUT", associations, json=wanted)
    publisher.api.refused(400, 209, "POST", f"{path}/deploy", json={"bundle_id": made["id"]})
    assert publisher.api.ok("GET", path)["app_mode"] == "unknown"
    publisher.api.ok("PUT", associations, json=[])
    publisher.api.ok("POST", f"{path}/deploy", json={"bundle_id": made["id"]})
    publisher.api.refused(400, 209, "PUT", associations, json=wanted)
    assert publisher.api.ok("PUT", associations, json=[]) == []
    interactive = upload(publisher, path, bundle("python-streamlit"))
    publisher.api.ok("POST", f"{path}/deploy", json={"bundle_id": interactive["id"]})
    publisher.api.ok("PUT", associations, json=wanted)


def test_restart_and_render_do_what_the_sdk_expects(publisher, content, path):
    client = client_of(publisher)
    item = client.content.get(content["guid"])
    item.bundles.create(bundle())
    item.deploy().wait_for()
    item.restart()
    assert item.environment_variables.find() == []
    with pytest.raises(ValueError, match="restart"):
        item.render()
    item.bundles.create(bundle("rmd-static")).deploy().wait_for()
    item.update()
    assert item.is_rendered
    with pytest.raises(ClientError) as refused:
        item.render()
    assert refused.value.http_status == 404
    with pytest.raises(ValueError, match="render"):
        item.restart()


def test_what_gatehouse_has_not_is_said_so(publisher, content, path):
    client = client_of(publisher)
    item = client.content.get(content["guid"])
    assert item.vanity is None and item.repository is None
    for missing in ("repository", "vanity", "jobs", "variants", "tags", "lockfile", "packages"):
        publisher.api.refused(404, 4, "GET", f"{path}/{missing}")
    with pytest.raises(ClientError):
        item.get_lockfile()


def test_who_may_not_edit_sees_neither_bundles_nor_tasks(server, account, publisher, content, path):
    collaborator, stranger, viewer = account.add("publisher"), account.add("publisher"), account.add("viewer")
    elsewhere = server.create_account().admin
    publisher.api.ok("PATCH", path, json={"access_type": "logged_in"})
    body = {"principal_guid": collaborator.guid, "principal_type": "user", "role": "owner"}
    publisher.api.ok("POST", f"{path}/permissions", json=body)
    made = upload(collaborator, path, bundle())
    task = collaborator.api.ok("POST", f"{path}/deploy", json={"bundle_id": made["id"]})["task_id"]
    assert account.admin.api.ok("GET", f"v1/tasks/{task}") == publisher.api.ok("GET", f"v1/tasks/{task}")
    calls = [
        ("GET", "bundles"), ("GET", f"bundles/{made['id']}"), ("GET", f"bundles/{made['id']}/download"),
        ("POST", "bundles"), ("DELETE", f"bundles/{made['id']}"), ("POST", "deploy"), ("POST", "build"),
    ]  # fmt: skip
    for method, rest in calls:
        for person in (stranger, viewer):
            person.api.refused(403, 22, method, f"{path}/{rest}", json={} if method == "POST" else None)
        elsewhere.api.refused(404, 4, method, f"{path}/{rest}", json={} if method == "POST" else None)
    for person in (stranger, viewer, elsewhere):
        person.api.refused(404, 4, "GET", f"v1/tasks/{task}")
    publisher.api.refused(404, 4, "GET", f"v1/tasks/{content['guid']}")
    publisher.api.refused(404, 4, "GET", "v1/tasks/nothing")


def test_files_go_with_their_bundle_their_content_and_their_account(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    person = account.add("publisher")
    contents = [person.api.ok("POST", "v1/content", json={}) for _ in range(2)]
    made = []
    for content in contents:
        path = f"v1/content/{content['guid']}"
        made += [upload(person, path, bundle()), upload(person, path, bundle())]
    folder = server.data / account.slug / "bundles"
    kept = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.tar.gz"))
    assert kept == sorted(f"{one['content_guid']}/{one['id']}.tar.gz" for one in made)
    assert {file.stat().st_mode & 0o777 for file in folder.rglob("*.tar.gz")} == {0o600}
    shown = server.json("account", "show", account.slug)
    assert shown["bundle_bytes"] == sum(one["size"] for one in made)
    assert person.api("DELETE", f"v1/content/{contents[0]['guid']}/bundles/{made[0]['id']}").status_code == 204
    assert files_of(server, account, contents[0]) == [f"{made[1]['id']}.tar.gz"]
    person.api.ok("DELETE", f"v1/content/{contents[0]['guid']}")
    assert not (folder / contents[0]["guid"]).exists()
    assert server.json("account", "show", account.slug)["bundle_bytes"] == made[2]["size"] + made[3]["size"]
    server.command("account", "delete", account.slug, "--yes")
    assert not (server.data / account.slug).exists()
    assert [file.name for file in server.data.iterdir() if not file.name.startswith(".")] == []


def test_a_download_goes_on_while_its_bundle_is_deleted(publisher, path):
    data = bundle(files={"noise.bin": noise(8 * MIB)})
    made = upload(publisher, path, data)
    url = publisher.server.url(f"/{path}/bundles/{made['id']}/download")
    with requests.get(
        url, headers={"Authorization": f"Key {publisher.key}"}, stream=True, timeout=DEADLINE_SECONDS
    ) as answer:
        pieces = answer.iter_content(1000)
        part = next(pieces)
        assert publisher.api("DELETE", f"{path}/bundles/{made['id']}").status_code == 204
        assert part + b"".join(pieces) == data


def test_tasks_survive_a_restart_and_end_after_a_week(own_stage):
    server = own_stage.gatehouse()
    person = server.create_account().add("publisher")
    path = f"v1/content/{person.api.ok('POST', 'v1/content', json={})['guid']}"
    upload(person, path, bundle())
    task = person.api.ok("POST", f"{path}/deploy", json={})["task_id"]
    before = person.api.ok("GET", f"v1/tasks/{task}")
    week = 7 * 24 * 3600
    server.restart(clock_offset=week - 600)
    assert person.api.ok("GET", f"v1/tasks/{task}") == before
    server.restart(clock_offset=week + 600)
    person.api.refused(404, 4, "GET", f"v1/tasks/{task}")
    person.api.ok("POST", f"{path}/deploy", json={})
    assert person.api.ok("GET", path)["app_mode"] == "python-shiny"


@pytest.mark.parametrize("step", ["bundle.arrived", "bundle.placed", "bundle.stored"])
def test_a_crash_leaves_no_half_bundle(own_stage, step):
    server = own_stage.gatehouse()
    account = server.create_account()
    person = account.add("publisher")
    content = person.api.ok("POST", "v1/content", json={})
    path = f"v1/content/{content['guid']}"
    first = upload(person, path, bundle())
    server.restart(crash_at=step)
    data = bundle("python-dash", files={"noise.bin": noise(100_000)})
    with pytest.raises(requests.ConnectionError):
        person.api("POST", f"{path}/bundles", data=data)
    server.await_crash()
    server.start()
    listed = person.api.ok("GET", f"{path}/bundles")
    expected = ["python-dash"] if step == "bundle.stored" else []
    assert len(listed) == 1 + len(expected)
    assert files_of(server, account, content) == sorted(f"{one['id']}.tar.gz" for one in listed)
    for one in listed:
        download = person.api("GET", f"{path}/bundles/{one['id']}/download").content
        assert len(download) == one["size"] and download in (data, bundle_bytes(download))
    again = upload(person, path, data)
    assert person.api("GET", f"{path}/bundles/{again['id']}/download").content == data
    assert first["id"] in [one["id"] for one in person.api.ok("GET", f"{path}/bundles")]


def bundle_bytes(data: bytes) -> bytes:
    """The same bytes, where they are a whole archive."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        tar.getmembers()
    return data


def test_what_lies_among_the_bundles_without_a_row_is_swept_away(own_stage):
    server = own_stage.gatehouse()
    account = server.create_account()
    person = account.add("publisher")
    content = person.api.ok("POST", "v1/content", json={})
    made = upload(person, f"v1/content/{content['guid']}", bundle())
    server.stop()
    folder = server.data / account.slug / "bundles"
    strangers = [folder / content["guid"] / "99.tar.gz", folder / "gone" / "1.tar.gz", folder / ".incoming" / "half"]
    for stranger in strangers:
        stranger.parent.mkdir(exist_ok=True)
        stranger.write_bytes(b"left behind")
    server.start()
    assert [one["id"] for one in person.api.ok("GET", f"v1/content/{content['guid']}/bundles")] == [made["id"]]
    assert not any(stranger.exists() for stranger in strangers)
    assert files_of(server, account, content) == [f"{made['id']}.tar.gz"]


def test_uploads_side_by_side_get_ids_of_their_own(server, account, publisher, content, path):
    made: list[dict] = []
    bodies = [bundle(files={"app.py": str(number).encode()}) for number in range(8)]
    threads = [threading.Thread(target=lambda body=body: made.append(send(publisher, path, body))) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one["id"] for one in made}) == 8
    downloads = {publisher.api("GET", f"{path}/bundles/{one['id']}/download").content for one in made}
    assert downloads == set(bodies)
    with sqlite3.connect(server.data / account.slug / "account.sqlite") as database:
        events = database.execute(
            "SELECT count(*) FROM audit_event WHERE action = 'bundle.uploaded' AND content_guid = ?",
            (content["guid"],),
        ).fetchone()
    assert events == (8,)


def send(person, path: str, body: bytes) -> dict:
    answer = requests.post(
        person.server.url(f"/{path}/bundles"),
        data=body,
        headers={"Authorization": f"Key {person.key}"},
        timeout=DEADLINE_SECONDS,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_full_disk_takes_no_bundle_and_recovers(own_stage, small_disk):
    server = own_stage.gatehouse(start=False)
    server.data = small_disk / "data"
    server.start()
    account = server.create_account()
    person = account.add("publisher")
    content = person.api.ok("POST", "v1/content", json={})
    path = f"v1/content/{content['guid']}"
    made = upload(person, path, bundle())
    data = bundle(files={"noise.bin": noise(16 * MIB)})
    error = person.api.refused(507, 507, "POST", f"{path}/bundles", data=data)
    assert "No space" not in error["error"], "the system's word is for the log"
    wait_until(lambda: files_of(server, account, content) == [f"{made['id']}.tar.gz"], "the upload's file goes")
    assert person.api.ok("GET", f"{path}/bundles") == [made]
    assert upload(person, path, bundle(files={"noise.bin": noise(MIB)}))["size"] > MIB // 2
    server.stop()
