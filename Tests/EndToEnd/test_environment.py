"""Environment variables of content: names come out, values never do, and a change is whole or not at all."""

import re
import sqlite3

import pytest
from posit.connect import Client
from posit.connect.errors import ClientError

from harness.browser import form_with
from harness.sealing import seal

SECRET = "postgres://user:a-password-nobody-may-see@db.example/sales"
RESERVED = (
    "CONNECT_SERVER",
    "CONNECT_API_KEY",
    "CONNECT_CONTENT_GUID",
    "POSIT_PRODUCT",
    "CONNECT_CONTENT_SESSION_TOKEN",
    "CONNECT_CONTENT_SESSION_TOKEN_FILE",
)


@pytest.fixture(scope="module")
def publisher(account):
    return account.add("publisher")


@pytest.fixture
def content(publisher):
    return publisher.api.ok("POST", "v1/content", json={"title": "Environment"})


@pytest.fixture
def path(content):
    return f"v1/content/{content['guid']}/environment"


def test_posit_sdk_sets_lists_and_removes_variables(publisher, content):
    client = Client(url=publisher.server.base_url, api_key=publisher.key)
    variables = client.content.get(content["guid"]).environment_variables
    assert list(variables) == [] and len(variables) == 0
    variables.create("DATABASE_URL", SECRET)
    variables["B_TOKEN"] = "1"
    variables.update({"A_TOKEN": "2"}, C_TOKEN="3")
    assert variables.find() == ["A_TOKEN", "B_TOKEN", "C_TOKEN", "DATABASE_URL"]
    del variables["B_TOKEN"]
    variables.delete("A_TOKEN")
    assert variables.find() == ["C_TOKEN", "DATABASE_URL"]
    variables.clear()
    assert variables.find() == []
    with pytest.raises(ClientError) as refused:
        variables.create("CONNECT_API_KEY", "x")
    assert refused.value.http_status == 400


def test_put_replaces_all_and_patch_merges(publisher, path):
    put = publisher.api.ok("PUT", path, json=[{"name": "B", "value": "1"}, {"name": "A", "value": "2"}])
    assert put == ["A", "B"] == publisher.api.ok("GET", path)
    patch = [{"name": "A", "value": None}, {"name": "C", "value": ""}, {"name": "NEVER_THERE", "value": None}]
    assert publisher.api.ok("PATCH", path, json=patch) == ["B", "C"]
    assert publisher.api.ok("PUT", path, json=[{"name": "Z_9", "value": "x"}]) == ["Z_9"]
    assert publisher.api.ok("PUT", path, json=[]) == []


BAD = [
    {"name": "1ST", "value": "x"},
    {"name": "", "value": "x"},
    {"name": "A-B", "value": "x"},
    {"name": "A B", "value": "x"},
    {"name": "Ä", "value": "x"},
    {"name": "A=B", "value": "x"},
    {"name": "A" * 256, "value": "x"},
    {"name": "A", "value": 1},
    {"name": 1, "value": "x"},
    {"value": "x"},
    {"name": "A", "value": "x", "more": 1},
    {"name": "A", "value": "x" * (64 * 1024 + 1)},
    "A=x",
    None,
    *({"name": name, "value": "x"} for name in RESERVED),
    *({"name": name, "value": None} for name in RESERVED[:1]),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_one_bad_variable_changes_nothing(publisher, path, method, bad):
    publisher.api.ok("PUT", path, json=[{"name": "KEPT", "value": "x"}])
    error = publisher.api.refused(400, 25, method, path, json=[{"name": "NEW", "value": "x"}, bad])
    assert publisher.api.ok("GET", path) == ["KEPT"]
    if isinstance(bad, dict) and bad.get("name") in RESERVED:
        assert bad["name"] in error["error"] and "Gatehouse" in error["error"]


def test_what_no_environment_can_hold_is_refused(publisher, path):
    for body in (b'[{"name": "A", "value": "a\\u0000b"}]', b'{"name": "A"}', b"", b"[[]]", b'"A"'):
        answer = publisher.api("PATCH", path, data=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, answer.text
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    assert "twice" in publisher.api.refused(400, 25, "PATCH", path, json=twice)["error"]
    assert publisher.api.ok("GET", path) == []


def test_the_longest_value_and_the_most_variables_fit_and_no_more(publisher, path):
    publisher.api.ok("PUT", path, json=[{"name": "A" * 255, "value": "x" * (64 * 1024)}])
    many = [{"name": f"V{number}", "value": "x"} for number in range(200)]
    assert len(publisher.api.ok("PUT", path, json=many)) == 200
    error = publisher.api.refused(422, 422, "PATCH", path, json=[{"name": "ONE_MORE", "value": "x"}])
    assert "200" in error["error"]
    assert len(publisher.api.ok("PATCH", path, json=[{"name": "V1", "value": "y"}])) == 200
    exchange = [{"name": "ONE_MORE", "value": "x"}, {"name": "V1", "value": None}]
    assert "ONE_MORE" in publisher.api.ok("PATCH", path, json=exchange)
    assert len(publisher.api.ok("GET", path)) == 200


def test_more_names_than_a_request_may_have_are_refused_before_anything_is_done(publisher, path):
    publisher.api.ok("PUT", path, json=[{"name": "KEPT", "value": "x"}])
    many = [{"name": f"V{number}", "value": None} for number in range(1001)]
    for method in ("PATCH", "PUT"):
        error = publisher.api.refused(400, 25, method, path, json=many)
        assert "1001" in error["error"] and "1000 at most" in error["error"]
    assert publisher.api.ok("PATCH", path, json=many[:1000]) == ["KEPT"]


def test_the_audit_names_what_was_removed_and_no_more_than_a_hundred_names(account, publisher, content, path):
    def lines(action: str) -> list[dict]:
        return [one["details"] for one in account.audit(action=action) if one["content_guid"] == content["guid"]]

    many = [{"name": f"V{number:03}", "value": "x"} for number in range(150)]
    publisher.api.ok("PUT", path, json=many)
    missing = [{"name": f"MISSING_{number}", "value": None} for number in range(200)]
    publisher.api.ok("PATCH", path, json=missing)
    publisher.api.ok("PATCH", path, json=[*missing, {"name": "V149", "value": None}])
    publisher.api.ok("PUT", path, json=[{"name": "V000", "value": "y"}, *missing])
    names = [one["name"] for one in many]
    first, second, third = lines("content.environment_changed")
    assert first == {"set": names[:100], "set_more": 50, "removed": [], "replaced_all": True}
    assert second == {"set": [], "removed": ["V149"], "replaced_all": False}
    assert third == {"set": ["V000"], "removed": names[1:101], "removed_more": 48, "replaced_all": True}
    publisher.api.ok("PUT", path, json=many)
    publisher.api.ok("GET", f"v1/content/{content['guid']}/runtime")
    [read] = lines("content.runtime_read")
    assert len(read["variables"]) == 100 and read["variables_more"] >= 50


def test_a_contents_variables_have_a_size_that_a_program_can_be_started_with(publisher, path):
    def values(first: int, count: int) -> list[dict]:
        return [{"name": f"V{number}", "value": "x" * (64 * 1024)} for number in range(first, first + count)]

    assert len(publisher.api.ok("PATCH", path, json=values(0, 8))) == 8
    assert len(publisher.api.ok("PATCH", path, json=values(8, 7))) == 15
    error = publisher.api.refused(422, 422, "PATCH", path, json=values(15, 1))
    assert error["payload"] == {"quota": "variable_bytes_per_content", "limit": 1 << 20}
    assert "1 MiB of variables" in error["error"]
    assert len(publisher.api.ok("GET", path)) == 15
    exchange = [*values(15, 1), {"name": "V0", "value": None}]
    assert len(publisher.api.ok("PATCH", path, json=exchange)) == 15


def test_values_are_nowhere_but_sealed(server, account, publisher, content, path):
    publisher.api.ok("PATCH", path, json=[{"name": "DATABASE_URL", "value": SECRET}])
    publisher.api("PATCH", path, json=[{"name": "DATABASE_URL", "value": SECRET}, {"name": "-", "value": SECRET}])
    for read in (path, f"v1/content/{content['guid']}", "v1/content"):
        assert SECRET not in publisher.api("GET", read).text
    assert SECRET not in server.logs
    for file in (server.data / account.slug).rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file
    with sqlite3.connect(server.data / account.slug / "account.sqlite") as database:
        [row] = database.execute(
            "SELECT sealed_value FROM environment_variable WHERE content_guid = ?", (content["guid"],)
        )
        assert len(row[0]) > len(SECRET)
        told = database.execute(
            "SELECT details FROM audit_event WHERE action = 'content.environment_changed' AND content_guid = ?",
            (content["guid"],),
        ).fetchall()
    assert [details for (details,) in told if "DATABASE_URL" in details]


def test_owner_collaborator_and_administrator_may_and_nobody_else(account, publisher, content, path):
    collaborator, stranger, viewer = account.add("publisher"), account.add("publisher"), account.add("viewer")
    permissions = f"v1/content/{content['guid']}/permissions"
    for person, role in ((collaborator, "owner"), (viewer, "viewer")):
        body = {"principal_guid": person.guid, "principal_type": "user", "role": role}
        publisher.api.ok("POST", permissions, json=body)
    for number, person in enumerate((publisher, collaborator, account.admin)):
        person.api.ok("PATCH", path, json=[{"name": f"V{number}", "value": "x"}])
    for person in (stranger, viewer):
        for method, body in (("GET", None), ("PATCH", [{"name": "E", "value": "x"}]), ("PUT", [])):
            person.api.refused(403, 22, method, path, json=body)
    assert publisher.api.ok("GET", path) == ["V0", "V1", "V2"]


def test_another_account_sees_no_such_content(server, publisher, path):
    elsewhere = server.create_account().admin
    for method, body in (("GET", None), ("PATCH", []), ("PUT", [])):
        elsewhere.api.refused(404, 4, method, path, json=body)


def test_variables_go_with_their_content(server, account, publisher, content, path):
    publisher.api.ok("PATCH", path, json=[{"name": "A", "value": "x"}])
    publisher.api.ok("DELETE", f"v1/content/{content['guid']}")
    publisher.api.refused(404, 4, "GET", path)
    with sqlite3.connect(server.data / account.slug / "account.sqlite") as database:
        left = database.execute("SELECT * FROM environment_variable WHERE content_guid = ?", (content["guid"],))
        assert left.fetchall() == []


# Variables that belong to the machine.

# fmt: off
PROTECTED = [
    "PATH", "LD_PRELOAD", "LD_AUDIT", "ld_preload", "DYLD_INSERT_LIBRARIES", "BASH_ENV", "ENV", "PS4", "IFS",
    "PYTHONSTARTUP", "PYTHONPATH", "PYTHONWARNINGS", "R_PROFILE", "R_PROFILE_USER", "R_ENVIRON_USER",
    "R_LIBS_SITE", "R_TESTS", "NODE_OPTIONS", "PERL5OPT", "PERLLIB", "RUBYOPT", "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS", "GLIBC_TUNABLES", "GCONV_PATH", "HOSTALIASES", "OPENSSL_CONF", "SSLKEYLOGFILE",
    "GIT_SSH_COMMAND", "GIT_CONFIG_COUNT", "EDITOR", "PAGER", "LESSOPEN", "HOME", "SHELL", "USER", "TMPDIR",
    "XDG_RUNTIME_DIR", "UV_INDEX", "PIP_INDEX_URL", "FLASK_APP", "GATEHOUSE_API_KEY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "HTTPLIB2_CA_CERTS",
    "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "HTTPS_PROXY", "http_proxy", "ALL_PROXY", "NO_PROXY", "OPENSSL_ia32cap",
    "TAR_OPTIONS", "TAR", "MAKEFLAGS", "MAKEFILES", "GNUMAKEFLAGS", "CC", "CXX", "RSYNC_RSH", "ERL_FLAGS",
    "CLOUDSDK_PYTHON", "RETICULATE_CONDA", "SPARK_HOME", "JAVA_OPTS", "OMP_TOOL_LIBRARIES", "KRB5_CONFIG",
    "KRB5CCNAME", "GSS_MECH_CONFIG", "UVICORN_APP_DIR", "GUNICORN_CMD_ARGS", "MPLBACKEND", "DATABRICKS_CLI_PATH",
    "DATABRICKS_CONFIG_FILE", "AWS_CONFIG_FILE", "KUBECONFIG",
]
# fmt: on
# fmt: off
FREE = [
    "PYTHONUNBUFFERED", "PYTHONUTF8", "PYTHONHASHSEED", "TZ", "LANG", "LC_ALL", "AWS_REGION", "AWS_PROFILE",
    "SNOWFLAKE_ACCOUNT", "DATABRICKS_HOST", "SPARK_REMOTE", "PGSSLMODE", "VK_TOKEN", "HADOOP_USER_NAME",
    "DATABASE_URL", "PGHOST", "PORT", "APP_ENV", "GIT_COMMIT", "MALLOC_ARENA_MAX", "OMP_NUM_THREADS",
    "UV_THREADPOOL_SIZE", "STREAMLIT_SERVER_PORT", "SHINY_LOG_LEVEL", "R_MAX_VSIZE", "NODE_ENV", "USERNAME",
    "PATHS",
]
# fmt: on


@pytest.mark.parametrize("name", PROTECTED)
def test_a_variable_that_decides_what_is_run_is_refused(publisher, content, path, name):
    for method in ("PUT", "PATCH"):
        body = [{"name": "FINE", "value": "1"}, {"name": name, "value": "/tmp/mine"}]
        refused = publisher.api.refused(400, 25, method, path, json=body)
        assert refused["payload"] == {"field": "name"}
        assert name in refused["error"] and "where the content is started" in refused["error"]
    assert publisher.api.ok("GET", path) == [], "nothing of the list is set"


@pytest.mark.parametrize(
    "value",
    ["/proc/self/environ", "file:///proc/1/fd/3", "/dev/fd/3", "/dev//./fd/3", "a:/PROC/self/cwd", "proc/self/environ",
     "/usr/.//../proc/./self/environ", "/dev/stdin"],
)  # fmt: skip
def test_a_value_that_names_files_of_a_process_is_refused(publisher, path, value):
    """They hold what a co-owner writes into another variable, such as a certificate of their own."""
    body = [{"name": "FINE", "value": "1"}, {"name": "MY_CERTIFICATES", "value": value}]
    refused = publisher.api.refused(400, 25, "PATCH", path, json=body)
    assert refused["payload"] == {"field": "value"}
    assert "MY_CERTIFICATES" in refused["error"] and value not in refused["error"]
    assert publisher.api.ok("GET", path) == []


def test_what_publishers_need_is_not_refused(publisher, path):
    body = [{"name": name, "value": "1"} for name in FREE]
    assert publisher.api.ok("PUT", path, json=body) == sorted(FREE)
    values = ["/processed/data", "https://data.example/a//b", "/dev/shm", "process/selfish", "-----BEGIN x-----\n/./"]
    body = [{"name": f"V{number}", "value": value} for number, value in enumerate(values)]
    assert len(publisher.api.ok("PUT", path, json=body)) == len(values)


def test_the_page_refuses_it_beside_the_name(publisher, content):
    publisher.accept_invite()
    url = publisher.account.url(f"content/{content['guid']}/environment")
    page = publisher.browser.get(url)
    answer = publisher.browser.submit(form_with(page, "name", "value"), name="BASH_ENV", value="/tmp/mine")
    assert answer.status_code == 400
    error = re.search(r'id="error-name"[^>]*>([^<]*)', answer.text)
    assert error and "BASH_ENV is read by shells" in error.group(1), answer.text[:3000]
    assert 'value="BASH_ENV"' in answer.text, "what was typed is still there"


def store(account, content: dict, name: str, value: str) -> None:
    """A variable as an earlier version took it."""
    data, guid = account.server.data, content["guid"]
    sealed = seal(data, account.slug, "environment_variable", "value", f"{guid}/{name}", value)
    with sqlite3.connect(data / account.slug / "account.sqlite") as database:
        database.execute(
            "INSERT INTO environment_variable (content_guid, name, sealed_value) VALUES (?, ?, ?)", (guid, name, sealed)
        )


def test_what_was_set_earlier_is_left_out_with_a_warning_until_it_is_removed(account, publisher, content, path):
    publisher.api.ok("PUT", path, json=[{"name": "FINE", "value": "kept"}])
    store(account, content, "LD_PRELOAD", "/tmp/mine.so")
    sheet = publisher.api.ok("GET", f"v1/content/{content['guid']}/runtime")
    given = {one["name"]: one["value"] for one in sheet["environment"]}
    assert "LD_PRELOAD" not in given and given["FINE"] == "kept"
    [warning] = sheet["warnings"]
    assert "LD_PRELOAD" in warning and "left out" in warning and "/tmp/mine.so" not in warning
    page = publisher.browser.get(account.url(f"content/{content['guid']}/environment"))
    assert "Left out: it decides which libraries are loaded" in page.text
    assert publisher.api.ok("GET", path) == ["FINE", "LD_PRELOAD"]
    assert publisher.api.ok("PATCH", path, json=[{"name": "LD_PRELOAD", "value": None}]) == ["FINE"]
    assert publisher.api.ok("GET", f"v1/content/{content['guid']}/runtime")["warnings"] == []
