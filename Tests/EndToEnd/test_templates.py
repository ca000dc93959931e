"""Every template, with the real client: what is shown, what is asked for, what is refused; and metadata that lies."""

from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from posit.connect import Client

from harness.browser import form_with
from harness.listener import Listener
from harness.metadata import OPENID, RFC_8414, MetadataServer
from harness.templates import (
    CLIENT,
    SECRET,
    SERVICE,
    TENANT,
    TYPED,
    examples,
    private_key,
    secrets_of,
    service_account_key,
)

KEYS = {
    "aws", "azure", "azure-openai", "bigquery", "connect", "custom", "databricks", "drive", "github", "msgraph",
    "salesforce", "sharepoint", "sheets", "snowflake", "vertex-ai",
}  # fmt: skip
EXAMPLES = examples()
SECRETS = {"client_secret", "private_key", "service_account_key"}


@pytest.fixture(scope="module")
def admin(account):
    return account.admin


@pytest.fixture(scope="module")
def client(admin):
    return Client(url=admin.server.base_url, api_key=admin.key)


def body(template: str, config: dict, **more) -> dict:
    return {"name": "Data", "description": "", "template": template, "config": config, **more}


def names(pair) -> str:
    return "-".join([pair[0], pair[1].get("auth_type", ""), pair[1].get("auth_mode", "")]).strip("-")


def test_there_is_every_template(admin):
    assert {one["id"] for one in admin.api.ok("GET", "v1/oauth/templates")} == KEYS
    assert {key for key, _ in EXAMPLES} == KEYS


@pytest.mark.parametrize("example", EXAMPLES, ids=names)
def test_the_sdk_makes_reads_changes_and_deletes_one(admin, client, example):
    template, config = example
    made = client.oauth.integrations.create(**body(template, config))
    kind = config.get("auth_type", "Visitor API Key" if template == "connect" else "Viewer")
    assert made["template"] == template and made["auth_type"] == kind
    shown = {name: value for name, value in config.items() if name not in SECRETS}
    assert made["config"] == shown
    got = client.oauth.integrations.get(made["guid"])
    assert dict(got) == dict(made)
    found = client.oauth.integrations.find_by(integration_type=template, auth_type=kind, guid=made["guid"])
    assert found is not None and found["guid"] == made["guid"]
    is_login = kind == "Viewer" and template != "aws"
    assert (made["redirect_uri"] is not None) == is_login
    # What was read can be sent back, as rsconnect does with every change.
    got.update(name="Renamed", config=dict(got["config"]))
    assert got["name"] == "Renamed" and got["config"] == made["config"]
    raw = admin.api("GET", f"v1/oauth/integrations/{made['guid']}").text
    assert not any(secret in raw for secret in secrets_of(config))
    got.delete()
    assert admin.api("GET", f"v1/oauth/integrations/{made['guid']}").status_code == 404


@pytest.mark.parametrize("template", sorted(KEYS))
def test_the_fields_are_enough_to_draw_the_dialog(admin, template):
    answer = admin.api.ok("GET", f"v1/oauth/templates/{template}")
    known = {one["name"]: one for one in answer["options"] + answer["fields"]}
    assert [name for section in answer["sections"] for name in section["items"]] == [
        one["name"] for one in sorted(known.values(), key=lambda one: one["order"])
    ]

    def read(expression: dict) -> None:
        if "operator" in expression:
            assert expression["operator"] in ("and", "or", "not") and expression["operands"]
            for operand in expression["operands"]:
                read(operand)
        else:
            assert set(expression) == {"name", "value"}
            option = known[expression["name"]]
            assert option in answer["options"]

    for one in known.values():
        if one["visibility_expression"] is not None:
            read(one["visibility_expression"])


# Where a login goes. The vendors' own addresses are built, never called.

LOGINS = [
    ("azure", CLIENT | TENANT, f"https://login.microsoftonline.com/{TENANT['tenant_id']}/oauth2/v2.0/authorize"),
    (
        "msgraph",
        CLIENT | TENANT | {"cloud": "US Government"},
        f"https://login.microsoftonline.us/{TENANT['tenant_id']}/oauth2/v2.0/authorize",
    ),
    ("bigquery", CLIENT, "https://accounts.google.com/o/oauth2/v2/auth"),
    ("github", CLIENT, "https://github.com/login/oauth/authorize"),
    (
        "salesforce",
        CLIENT | {"sf_host_domain": "https://acme.my.salesforce.com/"},
        "https://acme.my.salesforce.com/services/oauth2/authorize",
    ),
]


@pytest.mark.parametrize(("template", "config", "expected"), LOGINS, ids=[one[0] for one in LOGINS])
def test_a_login_goes_to_the_vendor(admin, template, config, expected):
    made = admin.api.ok("POST", "v1/oauth/integrations", json=body(template, config))
    if not admin.browser.cookies_named("gatehouse"):
        admin.accept_invite()
    start = admin.start_login(made)
    assert start.status_code == 302, start.text[:500]
    where = urlsplit(start.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == expected
    asked = {name: values[0] for name, values in parse_qs(where.query).items()}
    assert asked["redirect_uri"] == made["redirect_uri"] == admin.server.base_url + "/v1/integrations/callback"
    assert asked["code_challenge_method"] == "S256" and asked["client_id"] == "client"
    if template == "bigquery":
        assert asked["access_type"] == "offline" and asked["prompt"] == "consent"
    if template == "msgraph":
        assert asked["scope"] == "https://graph.microsoft.us/.default offline_access"


@pytest.mark.parametrize(
    ("template", "config"),
    [
        ("aws", {"role_arn": "arn:aws:iam::123456789012:role/r", "region": "eu-central-1"}),
        ("connect", {"max_role": "Admin"}),
        ("databricks", CLIENT | SERVICE | {"workspace_host": "dbc-1.cloud.databricks.com"}),
    ],
)
def test_where_nobody_logs_in_a_login_is_refused(admin, template, config):
    made = admin.api.ok("POST", "v1/oauth/integrations", json=body(template, config))
    if not admin.browser.cookies_named("gatehouse"):
        admin.accept_invite()
    answer = admin.start_login(made)
    assert answer.status_code == 400 and "Nobody logs in" in answer.text, answer.text[:500]


@pytest.mark.parametrize(
    ("template", "path", "config"),
    [
        ("azure", f"/{TENANT['tenant_id']}/oauth2/v2.0/authorize", TENANT),
        ("drive", "/o/oauth2/v2/auth", {}),
        ("github", "/login/oauth/authorize", {}),
    ],
)
def test_a_host_that_the_operator_allowed_stands_in_for_the_vendors(admin, own_stage, template, path, config):
    config = CLIENT | config | {"host": "127.0.0.1:9"}
    made = admin.api.ok("POST", "v1/oauth/integrations", json=body(template, config))
    if not admin.browser.cookies_named("gatehouse"):
        admin.accept_invite()
    assert admin.start_login(made).headers["Location"].startswith(f"http://127.0.0.1:9{path}?")
    strict = own_stage.gatehouse(allow_hosts=()).create_account().admin
    for host in ("127.0.0.1:9", "login.example.com", "storage.googleapis.com"):
        error = strict.api.refused(
            400, 228, "POST", "v1/oauth/integrations", json=body(template, config | {"host": host})
        )
        assert error["payload"]["field"] == "host"


# What is refused.

WRONG = [
    ("custom", CLIENT | SERVICE | TYPED, "authorization_uri", "auth_type is Viewer"),
    ("custom", CLIENT | TYPED | {"private_key_id": "k"}, "private_key_id", "private_key_jwt"),
    ("custom", CLIENT | TYPED | {"audience": "x"}, "audience", "Service Account"),
    ("custom", CLIENT | TYPED | {"auth_mode": "Public"}, "client_secret", "auth_mode is not Public"),
    ("custom", {"client_id": "c", **TYPED, "token_endpoint_auth_method": "private_key_jwt"}, "private_key", "missing"),
    ("custom", CLIENT | TYPED | {"token_endpoint_auth_method": "tls"}, "token_endpoint_auth_method", "one of"),
    ("custom", CLIENT | SERVICE | {"token_uri": TYPED["token_uri"], "callback": "shared"}, "callback", "Viewer"),
    ("custom", CLIENT | TYPED | {"revocation_uri": "https://10.0.0.1/r"}, "revocation_uri", "not usable"),
    ("bigquery", CLIENT | SERVICE, "client_id", "auth_type is Viewer"),
    ("bigquery", {"auth_type": "Service Account"}, "service_account_key", "missing"),
    ("bigquery", CLIENT | {"service_account_key": service_account_key()}, "service_account_key", "Service Account"),
    ("drive", SERVICE | {"service_account_key": "{"}, "service_account_key", "JSON"),
    ("drive", SERVICE | {"service_account_key": service_account_key(type="user")}, "service_account_key", "type"),
    ("drive", SERVICE | {"service_account_key": service_account_key(private_key="")}, "service_account_key", "anew"),
    ("drive", CLIENT | {"scopes": "a offline_access"}, "scopes", "offline_access"),
    ("drive", CLIENT | {"auth_mode": "Public"}, "auth_mode", "Confidential"),
    ("azure", dict(CLIENT), "tenant_id", "missing"),
    ("azure", CLIENT | {"tenant_id": "../common"}, "tenant_id", "tenant"),
    ("azure", CLIENT | {"tenant_id": "a/b"}, "tenant_id", "tenant"),
    ("azure", CLIENT | TENANT | {"cloud": "Mars"}, "cloud", "one of"),
    ("azure-openai", CLIENT | TENANT | {"endpoint": "evil.example"}, "endpoint", "openai.azure.com"),
    ("sharepoint", CLIENT | TENANT | {"sharepoint_host": "evil.example"}, "sharepoint_host", "sharepoint.com"),
    ("salesforce", CLIENT | {"sf_host_domain": "salesforce.com.evil.example"}, "sf_host_domain", "my.salesforce.com"),
    ("salesforce", CLIENT | SERVICE | {"sf_host_domain": "a.my.salesforce.com", "scopes": "web"}, "scopes", "Viewer"),
    ("github", CLIENT | {"auth_type": "Service Account"}, "auth_type", "one of"),
    ("snowflake", CLIENT | SERVICE | {"account_url": "a.snowflakecomputing.com"}, "auth_type", "one of"),
    ("aws", {"role_arn": "arn:aws:iam::12345:role/r", "region": "eu-central-1"}, "role_arn", "ARN"),
    ("aws", {"role_arn": "arn:aws:iam::123456789012:user/u", "region": "eu-central-1"}, "role_arn", "ARN"),
    ("aws", {"role_arn": "arn:aws:iam::123456789012:role/r"}, "sts_region", "missing"),
    ("aws", {"role_arn": "arn:aws:iam::123456789012:role/r", "region": "cn-north-1"}, "sts_region", "partition"),
    ("aws", {"role_arn": "arn:aws:iam::123456789012:role/r", "region": "x/y"}, "sts_region", "region"),
    *(
        ("aws", {"role_arn": "arn:aws:iam::123456789012:role/r", "region": "eu-central-1", "session_duration": value},
         "session_duration", "900")
        for value in (899, 43201, "soon", 900.5, True)
    ),
    *(
        ("aws", {"role_arn": "arn:aws:iam::123456789012:role/r", "region": "eu-central-1", "sts_endpoint": host},
         "sts_endpoint", "sts.eu-central-1")
        for host in ("evilamazonaws.com", "x.execute-api.eu-central-1.amazonaws.com", "sts.amazonaws.com.evil.example")
    ),
    ("connect", {"max_role": "Viewer", "client_secret": SECRET}, "client_secret", "no config key"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "config", "field", "part"), WRONG, ids=lambda value: str(value)[:40])
def test_a_config_that_does_not_fit_says_which_field_and_why(admin, template, config, field, part):
    before = admin.api.ok("GET", "v1/oauth/integrations")
    error = admin.api.refused(400, 228, "POST", "v1/oauth/integrations", json=body(template, config))
    assert error["payload"]["field"] == field and field in error["error"], error
    assert part in error["error"], error
    assert not any(secret in str(error) for secret in secrets_of(config))
    assert admin.api.ok("GET", "v1/oauth/integrations") == before


@pytest.mark.parametrize("config", [{}, {"max_role": "Owner"}, {"max_role": "viewer"}, {"max_role": 1}])
def test_a_max_role_that_is_none_is_told_in_connects_words(admin, config):
    error = admin.api.refused(400, 228, "POST", "v1/oauth/integrations", json=body("connect", config))
    assert error["error"] == "The config key max_role must be one of (Viewer, Publisher, Admin)"


def test_another_kind_of_access_needs_the_secret_again(admin, client):
    config = CLIENT | {"workspace_host": "dbc-1.cloud.databricks.com"}
    made = client.oauth.integrations.create(**body("databricks", config))
    path = f"v1/oauth/integrations/{made['guid']}"
    error = admin.api.refused(400, 229, "PATCH", path, json={"config": SERVICE})
    assert error["payload"]["field"] == "client_secret"
    assert admin.api.ok("GET", path)["auth_type"] == "Viewer"
    made.update(config={**SERVICE, "client_secret": SECRET})
    assert made["auth_type"] == "Service Account" and made["redirect_uri"] is None


def test_a_google_service_account_presents_an_assertion_at_the_vendors_endpoint(admin, own_stage):
    answer = {"access_token": "token-of-the-robot", "token_type": "Bearer", "expires_in": 3600}
    google, elsewhere = own_stage.keep(Listener(answer)), own_stage.keep(Listener(answer))
    key = service_account_key(token_uri=elsewhere.origin + "/token")
    config = SERVICE | {"service_account_key": key, "host": google.origin.removeprefix("http://")}
    made = admin.api.ok("POST", "v1/oauth/integrations", json=body("sheets", config))
    verified = admin.api("POST", f"v1/oauth/integrations/{made['guid']}/verify")
    assert verified.status_code == 200 and "token-of-the-robot" not in verified.text, verified.text
    [asked] = google.asked
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    assert asked.path == "/token" and set(form) == {"grant_type", "assertion"} and not asked.header("Authorization")
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    token = jwt.decode(form["assertion"], RSAKey.import_key(private_key()), algorithms=["RS256"])
    assert token.header["kid"] == "k1"
    assert token.claims["iss"] == "robot@analytics-1.iam.gserviceaccount.com"
    assert token.claims["aud"] == google.origin + "/token"
    assert token.claims["scope"] == "https://www.googleapis.com/auth/spreadsheets"
    assert 0 < token.claims["exp"] - token.claims["iat"] <= 3600
    assert elsewhere.asked == [], "the key does not say where its assertions go"


# Metadata.


@pytest.fixture
def issuer(own_stage):
    return own_stage.keep(MetadataServer())


def by_issuer(issuer: MetadataServer, path: str = "", **more) -> dict:
    return body("custom", {**CLIENT, "issuer": issuer.issuer + path, **more})


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", RFC_8414),
        ("/tenant", RFC_8414 + "/tenant"),
        ("/tenant", "/tenant" + OPENID),
        ("/oidc", "/oidc" + RFC_8414),
    ],
)
def test_endpoints_come_from_the_issuers_document(admin, issuer, path, place):
    issuer.place, issuer.document = place, issuer.honest(path)
    made = admin.api.ok("POST", "v1/oauth/integrations", json=by_issuer(issuer, path))
    assert made["config"]["authorization_uri"] == f"{issuer.issuer}/authorize"
    assert made["config"]["token_uri"] == f"{issuer.issuer}/token"
    # What the server found out for itself is not shown as if somebody had typed it.
    assert set(made["config"]) == {"client_id", "issuer", "authorization_uri", "token_uri"}
    assert admin.api.ok("GET", f"v1/oauth/integrations/{made['guid']}") == made


def test_a_service_account_needs_no_authorization_endpoint(admin, issuer):
    issuer.document = issuer.honest(authorization_endpoint=None)
    made = admin.api.ok("POST", "v1/oauth/integrations", json=by_issuer(issuer, **SERVICE))
    assert "authorization_uri" not in made["config"]
    error = admin.api.refused(400, 228, "POST", "v1/oauth/integrations", json=by_issuer(issuer))
    assert error["payload"]["field"] == "issuer" and "authorization_endpoint" in error["error"]


def test_the_document_is_read_again_at_each_change(admin, issuer):
    made = admin.api.ok("POST", "v1/oauth/integrations", json=by_issuer(issuer))
    path = f"v1/oauth/integrations/{made['guid']}"
    issuer.document = issuer.honest(token_endpoint=f"{issuer.issuer}/token2")
    moved = {"config": {**made["config"], "scopes": "read"}}
    admin.api.refused(400, 229, "PATCH", path, json=moved)
    assert admin.api.ok("GET", path) == made
    moved["config"]["client_secret"] = SECRET
    assert admin.api.ok("PATCH", path, json=moved)["config"]["token_uri"] == f"{issuer.issuer}/token2"


def lies(server: MetadataServer) -> dict[str, tuple[dict, str]]:
    """What is wrong, and a word of the sentence."""
    return {
        "another issuer": ({"document": server.honest(issuer="https://idp.example.com")}, "idp.example.com"),
        "a slash more": ({"document": server.honest(issuer=server.issuer + "/")}, "letter"),
        "no issuer": ({"document": server.honest(issuer=None)}, "names no issuer"),
        "a redirect": ({"redirect": "https://idp.example.com" + RFC_8414}, "redirects"),
        "a redirect inwards": ({"redirect": "http://169.254.169.254/latest/meta-data/"}, "redirects"),
        "ten megabytes": ({"body": b'{"issuer": "' + b"x" * 10_000_000 + b'"}'}, "too long"),
        "no JSON": ({"body": b"<html>"}, "no JSON"),
        "an endpoint at a refused address": (
            {"document": server.honest(token_endpoint="https://169.254.169.254/token")}, "token_endpoint"),
        "an endpoint without TLS": (
            {"document": server.honest(authorization_endpoint="http://idp.example.com/a")}, "authorization_endpoint"),
        "a revocation endpoint inwards": (
            {"document": server.honest(revocation_endpoint="https://10.0.0.1/r")}, "revocation_endpoint"),
        "no token endpoint": ({"document": server.honest(token_endpoint=None)}, "token_endpoint"),
    }  # fmt: skip


LIES = [
    "another issuer", "a slash more", "no issuer", "a redirect", "a redirect inwards", "ten megabytes", "no JSON",
    "an endpoint at a refused address", "an endpoint without TLS", "a revocation endpoint inwards", "no token endpoint",
]  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_document_that_lies_is_refused_with_the_reason(admin, issuer, lie):
    changes, word = lies(issuer)[lie]
    for name, value in changes.items():
        setattr(issuer, name, value)
    before = admin.api.ok("GET", "v1/oauth/integrations")
    error = admin.api.refused(400, 228, "POST", "v1/oauth/integrations", json=by_issuer(issuer))
    assert error["payload"]["field"] == "issuer" and word in error["error"], error
    assert len(error["error"]) < 600
    assert admin.api.ok("GET", "v1/oauth/integrations") == before


def test_an_issuer_that_nobody_answers_for_is_refused(admin, issuer):
    issuer.stop()
    error = admin.api.refused(400, 228, "POST", "v1/oauth/integrations", json=by_issuer(issuer))
    assert error["payload"]["field"] == "issuer"


# Who may attach it.


def test_losing_the_right_to_attach_is_told_and_takes_nothing_away(admin, account, client):
    publisher, other = account.add("publisher"), account.add("publisher")
    made = client.oauth.integrations.create(**body("github", dict(CLIENT)))
    path = f"v1/oauth/integrations/{made['guid']}"
    content = account.add_content(publisher, made)
    associations = f"v1/content/{content['guid']}/oauth/integrations/associations"
    [attached] = publisher.api.ok("GET", associations)
    assert attached["permitted"] is True
    made.update(permissions=[{"user_guid": other.guid, "group_guid": None}])
    assert [one["user_guid"] for one in made["permissions"]] == [other.guid]
    [attached] = publisher.api.ok("GET", associations)
    assert attached["permitted"] is False and attached["oauth_integration_guid"] == made["guid"]
    [seen] = admin.api.ok("GET", f"{path}/associations")
    assert seen["permitted"] is False
    # What runs keeps it; what is new does not get it.
    publisher.api.ok("PUT", associations, json=[{"oauth_integration_guid": made["guid"]}])
    fresh = account.add_content(publisher)
    publisher.api.refused(
        403, 22, "PUT", f"v1/content/{fresh['guid']}/oauth/integrations/associations",
        json=[{"oauth_integration_guid": made["guid"]}],
    )  # fmt: skip
    # Nothing said leaves the list as it is; emptying it is said outright.
    for silent in ({"name": "x"}, {"permissions": None}):
        assert admin.api.ok("PATCH", path, json=silent)["permissions"] == made["permissions"]
    assert admin.api.ok("PATCH", path, json={"permissions": []})["permissions"] == []
    assert publisher.api.ok("GET", associations)[0]["permitted"] is True


@pytest.mark.parametrize(
    "entry",
    [{}, {"user_guid": None, "group_guid": None}, {"user_guid": "x"}, "x", {"group_guid": 5}, {"user_guid": "both"}],
)
def test_a_permission_that_names_nobody_of_this_account_is_refused(admin, account, entry):
    if entry == {"user_guid": "both"}:
        entry = {"user_guid": admin.guid, "group_guid": admin.guid}
    error = admin.api.refused(
        400, 25, "POST", "v1/oauth/integrations", json=body("github", dict(CLIENT), permissions=[entry])
    )
    assert error["payload"]["field"] == "permissions"
    elsewhere = account.server.create_account().admin
    for kind in ("user_guid", "group_guid"):
        admin.api.refused(
            400, 25, "POST", "v1/oauth/integrations",
            json=body("github", dict(CLIENT), permissions=[{kind: elsewhere.guid}]),
        )  # fmt: skip


# The page.


@pytest.mark.parametrize("template", sorted(KEYS))
def test_the_page_adds_a_data_source_of_every_template(admin, template):
    if not admin.browser.cookies_named("gatehouse"):
        admin.accept_invite()
    for config in [config for key, config in EXAMPLES if key == template]:
        page = admin.browser.get(admin.account.url(f"integrations/new?template={template}"))
        form = form_with(page, "name", "auth_type")
        aliases = {"workspace_host": "host_url", "account_url": "host_url", "sf_host_domain": "host_url"}
        typed = {aliases.get(name, name): value for name, value in config.items()}
        if template == "aws":
            typed["region"] = typed.pop("sts_region")
        done = admin.browser.submit(form, **{"name": f"From the page {template}", **typed})
        assert done.status_code == 200 and "/integrations/new" not in done.url, done.text[:3000]
        made = admin.api.ok("GET", f"v1/oauth/integrations/{done.url.rsplit('/', 1)[1]}")
        assert made["template"] == template
        assert made["auth_type"] == config.get("auth_type", made["auth_type"])
        assert not any(secret in done.text for secret in secrets_of(config))
        if template == "databricks" and config.get("auth_type"):
            assert "scopes" not in made["config"], "a default that was left as it stood is not chosen"


def test_a_refused_field_stands_beside_its_reason_on_the_page(admin):
    if not admin.browser.cookies_named("gatehouse"):
        admin.accept_invite()
    page = admin.browser.get(admin.account.url("integrations/new?template=custom"))
    form = form_with(page, "name", "auth_type")
    done = admin.browser.submit(form, name="x", auth_type="Service Account", **(CLIENT | TYPED))
    assert done.status_code == 400 and "It is only for integrations whose auth_type is Viewer" in done.text
    assert TYPED["token_uri"] in done.text and SECRET not in done.text
