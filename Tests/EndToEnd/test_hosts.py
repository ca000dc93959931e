"""Host values that an admin types: refused with a sentence, or normalised. No exception is allowed here."""

import socket

import pytest

from harness.account import Api
from harness.listener import Listener


@pytest.fixture(scope="module")
def admin(stage):
    """The admin of an account on a server whose operator allows no host beyond the vendors' own."""
    return stage.gatehouse(allow_hosts=()).create_account().admin


def config_of(template: str, host: str) -> dict:
    config = {"auth_type": "Viewer", "client_id": "client", "client_secret": "a secret of the client"}
    if template == "databricks":
        return config | {"auth_mode": "Confidential", "workspace_host": host, "scopes": "all-apis offline_access"}
    return config | {"account_url": host, "scopes": "refresh_token"}


def create(api: Api, template: str, config: dict):
    body = {"name": "Host", "description": "", "template": template, "config": config}
    return api("POST", "v1/oauth/integrations", json=body)


def assert_refused(api: Api, template: str, config: dict, field: str) -> None:
    before = len(api.ok("GET", "v1/oauth/integrations"))
    answer = create(api, template, config)
    assert answer.status_code == 400, answer.text
    error = answer.json()
    assert error["code"] == 228 and field in error["error"] and len(error["error"]) > 30, error
    assert len(api.ok("GET", "v1/oauth/integrations")) == before


ANYWHERE = [
    "localhost",
    "localhost:9100",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "[::1]",
    "::1",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "0.0.0.0",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "[fd00:ec2::254]",
    "metadata.google.internal",
    "metadata.google.internal.cloud.databricks.com.",
    "\u2460\u2461\u2466.0.0.1",
    "evil.example.org",
    "",
    " ",
    "https://",
    "a b.cloud.databricks.com",
    "a..cloud.databricks.com",
    "-a.cloud.databricks.com",
    "a.cloud.databricks.com\n.evil.example",
    "x" * 64 + ".cloud.databricks.com",
    "x." * 130 + "cloud.databricks.com",
]

DATABRICKS = [
    "evilcloud.databricks.com.example.org",
    "evilcloud-databricks.com",
    "evil-azuredatabricks.net",
    "cloud.databricks.com.example.org",
    "databricks.com",
    "adb-1.azuredatabricks.net:8443",
    "adb-1.azuredatabricks.net:80",
    "https://user:password@adb-1.azuredatabricks.net",
    "https://evil.example@adb-1.azuredatabricks.net",
    "https://adb-1.azuredatabricks.net@evil.example",
    "https://adb-1.azuredatabricks.net\\@evil.example",
    "https://adb-1.azuredatabricks.net#@evil.example",
    "ftp://adb-1.azuredatabricks.net",
    "javascript://adb-1.azuredatabricks.net",
    "https://adb-1.azuredatabricks.net/a/path",
    "//adb-1.azuredatabricks.net/../x",
    "\u0430db-1.azuredatabricks.net",
    "adb-1.azuredatabr\u0456cks.net",
    "adb-1.azuredatabricks\u3002net",
    "xn--db-1-3ve.azuredatabricks.net",
    "adb-1\uff0eazuredatabricks.net",
    "org-account.snowflakecomputing.com",
]

SNOWFLAKE = [
    "evilsnowflakecomputing.com",
    "org-account.snowflakecomputing.com.example.org",
    "snowflakecomputing.com",
    "org-account.snowflakecomputing.com:444",
    "https://user@org-account.snowflakecomputing.com",
    "https://org-account.snowflakecomputing.com/console/login",
    "org-acc\u043eunt.snowflakecomputing.com",
    "adb-1.azuredatabricks.net",
]


@pytest.mark.parametrize("host", [*ANYWHERE, *DATABRICKS], ids=ascii)
def test_a_databricks_host_that_is_none_is_refused(admin, host):
    assert_refused(admin.api, "databricks", config_of("databricks", host), "workspace_host")


@pytest.mark.parametrize("host", [*ANYWHERE[:20], *SNOWFLAKE], ids=ascii)
def test_a_snowflake_host_that_is_none_is_refused(admin, host):
    assert_refused(admin.api, "snowflake", config_of("snowflake", host), "account_url")


NORMAL = "adb-123.4.azuredatabricks.net"


@pytest.mark.parametrize(
    "typed",
    [
        NORMAL,
        f"https://{NORMAL}",
        f"https://{NORMAL}/",
        f"{NORMAL}/",
        f"https://{NORMAL}:443",
        f"{NORMAL}:443/",
        f"https://{NORMAL}/?o=123456",
        f"{NORMAL}?o=123456",
        NORMAL.upper(),
        f"  https://{NORMAL}/  ",
    ],
)
def test_a_databricks_host_is_normalised(admin, typed):
    answer = create(admin.api, "databricks", config_of("databricks", typed))
    assert answer.status_code == 200, answer.text
    assert answer.json()["config"]["workspace_host"].removeprefix("https://") == NORMAL
    fetched = admin.api.ok("GET", f"v1/oauth/integrations/{answer.json()['guid']}")
    assert fetched["config"] == answer.json()["config"]


@pytest.mark.parametrize(
    "host",
    [
        "dbc-1.cloud.databricks.com",
        "x.cloud.databricks.us",
        "x.databricks.azure.us",
        "x.databricks.azure.cn",
        "1.2.gcp.databricks.com",
        "vanity.databricks.com",
    ],
)
def test_every_form_of_databricks_host_is_known(admin, host):
    assert create(admin.api, "databricks", config_of("databricks", host)).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "org-account.snowflakecomputing.com",
        "https://org-account.snowflakecomputing.com/",
        "ab12345.eu-central-1.aws.snowflakecomputing.com",
        "org-account.privatelink.snowflakecomputing.com",
        "org-account.snowflakecomputing.cn",
        "org-my_account.snowflakecomputing.com",
    ],
)
def test_every_form_of_snowflake_account_is_known(admin, host):
    answer = create(admin.api, "snowflake", config_of("snowflake", host))
    assert answer.status_code == 200, answer.text


def test_an_underscore_in_a_snowflake_host_becomes_a_hyphen_on_the_wire(admin, stage):
    viewer = admin.account.add("viewer")
    viewer.accept_invite()
    config = config_of("snowflake", "org-my_account.snowflakecomputing.com")
    made = create(admin.api, "snowflake", config).json()
    assert "my_account" in made["config"]["account_url"], "kept for display as it was typed"
    start = viewer.start_login(made)
    assert start.headers["Location"].startswith("https://org-my-account.snowflakecomputing.com/oauth/authorize?")


def test_host_url_the_dialogs_label_is_understood(admin):
    config = config_of("databricks", NORMAL)
    config["host_url"] = config.pop("workspace_host")
    answer = create(admin.api, "databricks", config)
    assert answer.status_code == 200, answer.text
    assert answer.json()["config"]["workspace_host"].removeprefix("https://") == NORMAL
    assert "host_url" not in answer.json()["config"]


# Custom integrations: whole URLs.

CUSTOM = {
    "auth_type": "Viewer",
    "auth_mode": "Confidential",
    "authorization_uri": "https://login.example.org/authorize",
    "token_uri": "https://login.example.org/token",
    "client_id": "client",
    "client_secret": "a secret of the client",
    "scopes": "read",
}

BAD_URLS = [
    "http://login.example.org/token",
    "https://login.example.org:8443/token",
    "https://user:password@login.example.org/token",
    "https://127.0.0.1/token",
    "https://2130706433/token",
    "https://0x7f.1/token",
    "https://[::1]/token",
    "https://[::ffff:169.254.169.254]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://localhost/token",
    "https://login.example.org/token#fragment",
    "https://login.ex\u0430mple.org/token",
    "https://xn--exmple-4nf.org/token",
    "https:///token",
    "login.example.org/token",
    "file:///etc/passwd",
    "gopher://login.example.org/",
    "https://login.example.org\\@evil.example/",
    "https://login.example.org/to ken",
    "https://login.example.org/\r\nX: y",
]


@pytest.mark.parametrize("field", ["token_uri", "authorization_uri", "issuer"])
@pytest.mark.parametrize("url", BAD_URLS, ids=ascii)
def test_a_custom_endpoint_that_is_unsafe_is_refused(admin, url, field):
    assert_refused(admin.api, "custom", {**CUSTOM, field: url}, field)


def test_a_custom_integration_with_endpoints_of_its_own_is_made(admin):
    answer = create(admin.api, "custom", CUSTOM)
    assert answer.status_code == 200, answer.text
    assert answer.json()["config"]["token_uri"] == CUSTOM["token_uri"]


def test_a_name_that_resolves_to_loopback_is_never_connected_to(admin, own_stage):
    name = socket.gethostname()
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(name, 443)}
    except OSError:
        addresses = set()
    if not addresses or not all(address.startswith("127.") for address in addresses):
        pytest.skip("this machine's own name does not resolve to loopback")
    try:
        trap = own_stage.keep(Listener(port=443))
    except OSError:
        pytest.skip("port 443 of loopback cannot be listened on")
    config = {**CUSTOM, "token_uri": f"https://{name}/token", "authorization_uri": f"https://{name}/authorize"}
    answer = create(admin.api, "custom", config)
    if answer.status_code == 400:
        assert len(answer.json()["error"]) > 30
        return
    viewer = admin.account.add("viewer")
    viewer.accept_invite()
    start = viewer.start_login(answer.json())
    state = start.headers["Location"].split("state=")[1].split("&")[0]
    page = viewer.browser.get(f"{answer.json()['redirect_uri']}?code=abc&state={state}", follow=False)
    assert page.status_code >= 400 and page.status_code != 500
    assert trap.asked == []
    assert viewer.api.ok("GET", "v1/oauth/sessions") == []
