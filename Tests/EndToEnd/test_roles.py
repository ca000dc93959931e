"""Who may do what: each route is asked for by each kind of caller. A route that is not in the table fails the test."""

import pytest

from harness import seeded
from harness.account import API_KEY, Api
from harness.bundles import bundle
from harness.scene import play

CALLERS = (
    "nobody", "viewer", "owner", "publisher", "administrator", "content key", "stranger",
    "owner's visit", "owner's visit with changes", "administrator's visit", "administrator's visit with changes",
)  # fmt: skip
"""Without a key; a viewer; the publisher who owns the object; another publisher; an administrator; the key that the
content itself holds; an administrator of another account; visitors' keys, which another content holds: of the owner and
of an administrator, without `allow_changes` and with it."""


def row(people: str, visits: str) -> str:
    """What the first seven get, and the four visitors' keys."""
    return f"{people} {visits}"


NOBODY, EVERYBODY, ADMINS_ALONE = "403 403 403 403", "ok ok ok ok", "403 403 ok ok"

ALL, NONE = " ".join(["ok"] * len(CALLERS)), " ".join(["401"] * len(CALLERS))
ANY_KEY = row("401 ok ok ok ok ok ok", EVERYBODY)
READERS = row("401 ok ok ok ok 403 ok", EVERYBODY)
PUBLISHERS = row("401 403 ok ok ok 403 ok", EVERYBODY)
PUBLISHERS_OBJECT = row("401 403 ok ok ok 403 404", EVERYBODY)
PUBLISHERS_CHANGE = row("401 403 ok ok ok 403 ok", NOBODY)
ADMINISTRATORS = row("401 403 403 403 ok 403 ok", ADMINS_ALONE)
ADMINISTRATORS_OBJECT = row("401 403 403 403 ok 403 404", ADMINS_ALONE)
ADMINISTRATORS_CHANGE = row("401 403 403 403 ok 403 ok", NOBODY)
ADMINISTRATORS_OBJECT_CHANGE = row("401 403 403 403 ok 403 404", NOBODY)
EDITORS = row("401 403 ok 403 ok 403 404", EVERYBODY)
OWNER = row("401 403 ok 403 ok 403 404", NOBODY)
OWNER_BY_CONTENT_TOO = row("401 403 ok 403 ok 403 404", "403 ok 403 403")
"""What `allow_changes` allows: what the visitor owns, and nothing that they may change for another reason."""
OWNER_ALONE = row("401 403 ok 403 403 403 404", NOBODY)
OBJECT = row("401 ok ok ok ok ok 404", EVERYBODY)

TABLE = {
    # The server.
    "GET /__ping__": ALL,
    "GET /healthz": ALL,
    "GET /readyz": ALL,
    "GET /openapi.json": ALL,
    "GET /server_settings": ALL,
    "GET /v1/server_settings/python": ANY_KEY,
    "GET /v1/server_settings/r": ANY_KEY,
    "GET /v1/server_settings/quarto": ANY_KEY,
    "GET /v1/server_settings/nodejs": ANY_KEY,
    "GET /applications/{id}": OBJECT,
    # Integrations.
    "GET /v1/oauth/templates": PUBLISHERS,
    "GET /v1/oauth/templates/{key}": PUBLISHERS,
    "GET /v1/oauth/integrations": PUBLISHERS,
    "GET /v1/oauth/integrations/{guid}": PUBLISHERS_OBJECT,
    "POST /v1/oauth/integrations": ADMINISTRATORS_CHANGE,
    "PATCH /v1/oauth/integrations/{guid}": ADMINISTRATORS_OBJECT_CHANGE,
    "DELETE /v1/oauth/integrations/{guid}": ADMINISTRATORS_OBJECT_CHANGE,
    "GET /v1/oauth/integrations/{guid}/associations": ADMINISTRATORS_OBJECT,
    "POST /v1/oauth/integrations/{guid}/verify": ADMINISTRATORS_OBJECT_CHANGE,
    # Content.
    "GET /v1/content": ANY_KEY,
    "POST /v1/content": PUBLISHERS_CHANGE,
    "GET /v1/content/{guid}": OBJECT,
    "PATCH /v1/content/{guid}": OWNER_BY_CONTENT_TOO,
    "DELETE /v1/content/{guid}": OWNER,
    "GET /v1/content/{guid}/permissions": EDITORS,
    "POST /v1/content/{guid}/permissions": OWNER_BY_CONTENT_TOO,
    "GET /v1/content/{guid}/permissions/{id}": EDITORS,
    "PUT /v1/content/{guid}/permissions/{id}": OWNER_BY_CONTENT_TOO,
    "DELETE /v1/content/{guid}/permissions/{id}": OWNER_BY_CONTENT_TOO,
    "GET /v1/content/{guid}/oauth/integrations/associations": row("401 403 ok 403 ok ok 404", EVERYBODY),
    "PUT /v1/content/{guid}/oauth/integrations/associations": OWNER,
    # Deployments.
    "POST /v1/content/{guid}/bundles": OWNER_BY_CONTENT_TOO,
    "GET /v1/content/{guid}/bundles": EDITORS,
    "GET /v1/content/{guid}/bundles/{id}": EDITORS,
    "DELETE /v1/content/{guid}/bundles/{id}": OWNER,
    "GET /v1/content/{guid}/bundles/{id}/download": EDITORS,
    "POST /v1/content/{guid}/deploy": OWNER_BY_CONTENT_TOO,
    "POST /v1/content/{guid}/build": OWNER_BY_CONTENT_TOO,
    "GET /v1/tasks/{guid}": row("401 404 ok 404 ok 403 404", EVERYBODY),
    "GET /v1/content/{guid}/environment": OWNER,
    "PATCH /v1/content/{guid}/environment": OWNER,
    "PUT /v1/content/{guid}/environment": OWNER,
    "GET /v1/content/{guid}/runtime": OWNER,
    # People. The user of the path is the owner.
    "GET /v1/user": ANY_KEY,
    "GET /v1/users": PUBLISHERS,
    "POST /v1/users": ADMINISTRATORS_CHANGE,
    "GET /v1/users/{guid}": PUBLISHERS_OBJECT,
    "PUT /v1/users/{guid}": OWNER,
    "POST /v1/users/{guid}/lock": ADMINISTRATORS_OBJECT_CHANGE,
    "GET /v1/users/{guid}/keys": OWNER_ALONE,
    "POST /v1/users/{guid}/keys": OWNER_ALONE,
    "GET /v1/users/{guid}/keys/{id}": OWNER_ALONE,
    "DELETE /v1/users/{guid}/keys/{id}": OWNER_ALONE,
    "GET /v1/groups": READERS,
    "POST /v1/groups": PUBLISHERS_CHANGE,
    "GET /v1/groups/{guid}": row("401 404 ok ok ok 403 404", EVERYBODY),
    "PUT /v1/groups/{guid}": OWNER,
    "PATCH /v1/groups/{guid}": OWNER,
    "POST /v1/groups/{guid}": OWNER,
    "DELETE /v1/groups/{guid}": OWNER,
    "GET /v1/groups/{guid}/members": row("401 404 ok ok ok 403 404", EVERYBODY),
    "POST /v1/groups/{guid}/members": OWNER,
    "DELETE /v1/groups/{guid}/members/{member}": OWNER,
    # Sessions. The session of the path is the owner's.
    "GET /v1/oauth/sessions": READERS,
    "GET /v1/oauth/sessions/{guid}": row("401 404 ok 404 ok 403 404", EVERYBODY),
    "DELETE /v1/oauth/sessions/{guid}": row("401 404 ok 404 ok 403 404", NOBODY),
    "POST /v1/oauth/integrations/credentials": row("401 403 ok 403 ok ok ok", NOBODY),
    "GET /v1/workbench/sessions": READERS,
    "POST /v1/workbench/sessions": row("401 ok ok ok ok 403 ok", NOBODY),
    "DELETE /v1/workbench/sessions/{guid}": row("401 404 ok 404 ok 403 404", NOBODY),
    # Keys say nothing where the cookie of a Workbench session is asked for.
    "GET /oauth_token": NONE,
    "POST /oauth_token": NONE,
    "GET /oauth_integrations": NONE,
    "POST /oauth_integrations": NONE,
    "GET /delegated_azure_token": NONE,
    "POST /delegated_azure_token": NONE,
    # The audit, and who is told.
    "GET /v1/audit_logs": ADMINISTRATORS,
    "GET /v1/audit_logs/export": ADMINISTRATORS,
    "GET /v1/audit_logs/retention": ADMINISTRATORS,
    "PUT /v1/audit_logs/retention": ADMINISTRATORS_CHANGE,
    "GET /v1/webhooks": ADMINISTRATORS,
    "POST /v1/webhooks": ADMINISTRATORS_CHANGE,
    "GET /v1/webhooks/{guid}": ADMINISTRATORS_OBJECT,
    "PATCH /v1/webhooks/{guid}": ADMINISTRATORS_OBJECT_CHANGE,
    "DELETE /v1/webhooks/{guid}": ADMINISTRATORS_OBJECT_CHANGE,
    "GET /v1/webhooks/{guid}/deliveries": ADMINISTRATORS_OBJECT,
    "POST /v1/webhooks/{guid}/test": ADMINISTRATORS_OBJECT_CHANGE,
    "POST /v1/webhooks/{guid}/rotate-secret": ADMINISTRATORS_OBJECT_CHANGE,
    # The issuer is for everybody; so is the way to an account's own.
    "GET /accounts/{account}/.well-known/openid-configuration": ALL,
    "GET /.well-known/openid-configuration/accounts/{account}": ALL,
    "GET /accounts/{account}/oidc/jwks": ALL,
    "GET /.well-known/openid-configuration": " ".join(["404"] * len(CALLERS)),
}

BROWSERS = ("signed out", "viewer", "publisher", "administrator", "stranger")
"""`to sign in`: the browser is sent to the sign-in page. The stranger is signed in to another account."""

OPEN = "ok ok ok ok ok"
SIGNED_IN = "sign-in ok ok ok sign-in"
ADMINS_PAGE = "sign-in 403 403 ok sign-in"
ADMINS_FORM = "401 403 403 again 401"
PUBLISHERS_PAGE = "sign-in 403 ok ok sign-in"
PUBLISHERS_FORM = "401 403 again again 401"
EVERYBODYS_FORM = "401 again again again 401"
"""Forms of people who are signed in: what is sent without our page's token is asked for once more."""
FORM = "403 403 403 403 403"
"""A form without the token that our own page has."""

PAGES = {
    "GET /": OPEN,
    "GET /assets/style.css": OPEN,
    "GET /assets/gatehouse.js": OPEN,
    "GET /accounts": OPEN,
    "GET /accounts/{account}": SIGNED_IN,
    "GET /accounts/{account}/connections/{guid}/log-in": SIGNED_IN,
    "GET /accounts/{account}/content/{guid}/log-in": SIGNED_IN,
    "GET /accounts/{account}/sign-in": OPEN,
    "POST /accounts/{account}/sign-in": FORM,
    "GET /accounts/{account}/invite": OPEN,
    "POST /accounts/{account}/invite": FORM,
    "POST /accounts/{account}/sign-out": "sign-in 403 403 403 sign-in",
    "GET /accounts/{account}/integrations/new": ADMINS_PAGE,
    "POST /accounts/{account}/integrations/new": ADMINS_FORM,
    "GET /accounts/{account}/integrations": ADMINS_PAGE,
    "GET /accounts/{account}/integrations/{guid}": ADMINS_PAGE,
    "GET /accounts/{account}/activity": ADMINS_PAGE,
    "GET /accounts/{account}/integrations/{guid}/edit": ADMINS_PAGE,
    "POST /accounts/{account}/integrations/{guid}/edit": ADMINS_FORM,
    "GET /accounts/{account}/integrations/{guid}/test": ADMINS_PAGE,
    "POST /accounts/{account}/integrations/{guid}/test": ADMINS_FORM,
    "GET /accounts/{account}/integrations/{guid}/test/log-in": ADMINS_PAGE,
    "GET /accounts/{account}/integrations/{guid}/permissions": ADMINS_PAGE,
    "POST /accounts/{account}/integrations/{guid}/permissions": ADMINS_FORM,
    "GET /accounts/{account}/integrations/{guid}/delete": ADMINS_PAGE,
    "POST /accounts/{account}/integrations/{guid}/delete": ADMINS_FORM,
    "GET /accounts/{account}/people": ADMINS_PAGE,
    "GET /accounts/{account}/people/invite": ADMINS_PAGE,
    "POST /accounts/{account}/people/invite": ADMINS_FORM,
    "GET /accounts/{account}/people/invited": ADMINS_PAGE,
    "GET /accounts/{account}/people/{guid}": ADMINS_PAGE,
    "POST /accounts/{account}/people/{guid}": ADMINS_FORM,
    "POST /accounts/{account}/people/{guid}/lock": ADMINS_FORM,
    "POST /accounts/{account}/people/{guid}/invite": ADMINS_FORM,
    "GET /accounts/{account}/groups": ADMINS_PAGE,
    "GET /accounts/{account}/groups/new": ADMINS_PAGE,
    "POST /accounts/{account}/groups/new": ADMINS_FORM,
    "GET /accounts/{account}/groups/{guid}": ADMINS_PAGE,
    "POST /accounts/{account}/groups/{guid}": ADMINS_FORM,
    "POST /accounts/{account}/groups/{guid}/members": ADMINS_FORM,
    "POST /accounts/{account}/groups/{guid}/members/remove": ADMINS_FORM,
    "GET /accounts/{account}/groups/{guid}/delete": ADMINS_PAGE,
    "POST /accounts/{account}/groups/{guid}/delete": ADMINS_FORM,
    "GET /accounts/{account}/keys": SIGNED_IN,
    "GET /accounts/{account}/keys/new": SIGNED_IN,
    "POST /accounts/{account}/keys/new": EVERYBODYS_FORM,
    "GET /accounts/{account}/keys/made": SIGNED_IN,
    "POST /accounts/{account}/keys/{id}/delete": EVERYBODYS_FORM,
    "GET /accounts/{account}/audit": ADMINS_PAGE,
    "GET /accounts/{account}/audit/export": ADMINS_PAGE,
    "GET /accounts/{account}/audit/retention": ADMINS_PAGE,
    "POST /accounts/{account}/audit/retention": ADMINS_FORM,
    "GET /accounts/{account}/audit/chain": ADMINS_PAGE,
    # There is no single sign-on in the table's account, and whoever is signed in is led on.
    "GET /accounts/{account}/sign-in/start": "404 ok ok ok 404",
    "GET /accounts/{account}/sign-in/callback": OPEN,
    "GET /accounts/{account}/sign-in/signed-out": OPEN,
    "GET /accounts/{account}/single-sign-on": ADMINS_PAGE,
    "POST /accounts/{account}/single-sign-on": ADMINS_FORM,
    "POST /accounts/{account}/single-sign-on/test": ADMINS_FORM,
    "POST /accounts/{account}/single-sign-on/use": ADMINS_FORM,
    "POST /accounts/{account}/single-sign-on/off": ADMINS_FORM,
    "POST /accounts/{account}/single-sign-on/passwords-off": ADMINS_FORM,
    "POST /accounts/{account}/single-sign-on/passwords-on": ADMINS_FORM,
    "POST /accounts/{account}/single-sign-on/emergency": ADMINS_FORM,
    "GET /accounts/{account}/single-sign-on/people": ADMINS_PAGE,
    "POST /accounts/{account}/single-sign-on/people/{guid}/disconnect": ADMINS_FORM,
    "GET /accounts/{account}/content": SIGNED_IN,
    "GET /accounts/{account}/content/new": PUBLISHERS_PAGE,
    "POST /accounts/{account}/content/new": PUBLISHERS_FORM,
    "GET /accounts/{account}/content/{guid}": SIGNED_IN,
    "GET /accounts/{account}/content/{guid}/settings": PUBLISHERS_PAGE,
    "POST /accounts/{account}/content/{guid}/settings": PUBLISHERS_FORM,
    "GET /accounts/{account}/content/{guid}/owner": PUBLISHERS_PAGE,
    "POST /accounts/{account}/content/{guid}/owner": PUBLISHERS_FORM,
    "GET /accounts/{account}/content/{guid}/delete": PUBLISHERS_PAGE,
    "POST /accounts/{account}/content/{guid}/delete": PUBLISHERS_FORM,
    "GET /accounts/{account}/content/{guid}/viewers": PUBLISHERS_PAGE,
    "POST /accounts/{account}/content/{guid}/viewers": PUBLISHERS_FORM,
    "POST /accounts/{account}/content/{guid}/viewers/add": PUBLISHERS_FORM,
    "POST /accounts/{account}/content/{guid}/viewers/remove": PUBLISHERS_FORM,
    "GET /accounts/{account}/content/{guid}/access": PUBLISHERS_PAGE,
    "POST /accounts/{account}/content/{guid}/access": PUBLISHERS_FORM,
    "POST /accounts/{account}/content/{guid}/access/remove": PUBLISHERS_FORM,
    "GET /accounts/{account}/content/{guid}/environment": PUBLISHERS_PAGE,
    "POST /accounts/{account}/content/{guid}/environment": PUBLISHERS_FORM,
    "POST /accounts/{account}/content/{guid}/environment/remove": PUBLISHERS_FORM,
    "GET /accounts/{account}/content/{guid}/code": PUBLISHERS_PAGE,
    "GET /__oauth__/integrations/{guid}/login": SIGNED_IN,
    "GET /__oauth__/integrations/{guid}/logout": SIGNED_IN,
    "POST /__oauth__/integrations/{guid}/logout": "sign-in 403 403 403 sign-in",
    "GET /v1/integrations/callback": OPEN,
    "GET /__oauth__/integrations/callback": OPEN,
    "GET /__oauth__/integrations/{guid}/callback": OPEN,
    "GET /v1/gateway/authorize": "401 401 401 401 401",
    "GET /gateway/sign-in": SIGNED_IN,
    "GET /content/{guid}/__gatehouse__/ticket": OPEN,
    "GET /content/{guid}": OPEN,
    "GET /content/{guid}/{path}": OPEN,
}


class Stage:
    """An account with somebody of each kind, and objects that are made as they are needed."""

    def __init__(self, server, databricks) -> None:
        self.scene = scene = play(server, databricks)
        self.server, self.account, self.owner = server, scene.account, scene.publisher
        self.admin, self.integration = scene.account.admin, scene.integration
        self.owner.accept_invite()
        self.other = self.account.add("publisher")
        stranger = server.create_account().admin
        self.content = self.account.add_content(self.owner)
        for person in (self.admin, stranger):
            person.accept_invite()
        keys = {
            "nobody": None,
            "viewer": scene.viewer.key,
            "owner": self.owner.key,
            "publisher": self.other.key,
            "administrator": self.admin.key,
            "content key": self.content_key(self.content),
            "stranger": stranger.key,
            "owner's visit": self.visitor_key(self.owner, changes=False),
            "owner's visit with changes": self.visitor_key(self.owner, changes=True),
            "administrator's visit": self.visitor_key(self.admin, changes=False),
            "administrator's visit with changes": self.visitor_key(self.admin, changes=True),
        }
        self.callers = {name: Api(server, key, prefix="") for name, key in keys.items()}
        self.browsers = {"signed out": None, "viewer": scene.viewer, "publisher": self.owner}
        self.browsers |= {"administrator": self.admin, "stranger": stranger}

    def content_key(self, content: dict) -> str:
        sheet = self.owner.api.ok("GET", f"v1/content/{content['guid']}/runtime")
        return {entry["name"]: entry["value"] for entry in sheet["environment"]}["CONNECT_API_KEY"]

    def visitor_key(self, person, changes: bool) -> str:
        """Somebody visits a content of somebody else, which gets a key of theirs."""
        config = {"max_role": "Admin", "allow_changes": changes}
        host = self.account.add_content(self.other, self.account.integrate("connect", seeded.token_hex(4), **config))
        token = person.session_token(host)
        return self.other.api.credentials(token, requested_token_type=API_KEY)["access_token"]

    # Objects.

    def request(self, operation: str) -> tuple[str, str, dict]:
        """Method, path and the rest of a request that is right but for who sends it."""
        method, path = operation.split(" ")
        parameters, more = self.parameters(operation), self.body(operation)
        for name, value in parameters.items():
            path = path.replace(f"{{{name}}}", str(value))
        return method, path, more

    def parameters(self, operation: str) -> dict[str, str]:
        path, owner, admin = operation.split(" ")[1], self.owner.api, self.admin.api
        found = {"key": "databricks", "account": self.account.slug}
        if "/content/" in path or path.startswith("/applications"):
            content = self.content
            if operation == "DELETE /v1/content/{guid}":
                content = self.account.add_content(self.owner)
            found |= {"guid": content["guid"], "id": content["id"]}
            inside = f"v1/content/{content['guid']}"
            if "permissions/{id}" in path:
                to = self.account.add("viewer").guid if operation.startswith("DELETE") else self.scene.viewer.guid
                made = owner.ok("POST", f"{inside}/permissions", json={"principal_guid": to, "role": "viewer"})
                found["id"] = made["id"]
            elif "bundles/{id}" in path or path.endswith(("deploy", "build")):
                found["id"] = self.upload(inside)["id"]
        elif "/oauth/integrations/" in path:
            found["guid"] = self.integration["guid"]
            if operation.startswith("DELETE"):
                found["guid"] = self.account.integrate("connect", seeded.token_hex(4), max_role="Viewer")["guid"]
        elif "/oauth/sessions/" in path:
            found["guid"] = self.session()
        elif "/workbench/sessions/" in path:
            found["guid"] = owner.ok("POST", "v1/workbench/sessions", json={})["guid"]
        elif "/users/" in path:
            found["guid"] = self.owner.guid
            if "keys/{id}" in path:
                found["id"] = owner.ok("POST", f"v1/users/{self.owner.guid}/keys", json={"name": "spare"})["id"]
            elif operation.endswith("lock"):
                found["guid"] = self.account.add("viewer").guid
        elif "/groups/" in path:
            group = owner.ok("POST", "v1/groups", json={"name": seeded.token_hex(6)})["guid"]
            member = self.account.add("viewer").guid if "{member}" in path else ""
            if member:
                owner.ok("POST", f"v1/groups/{group}/members", json={"user_guid": member})
            found |= {"guid": group, "member": member}
        elif "/webhooks/" in path:
            made = admin.ok("POST", "v1/webhooks", json=WEBHOOK)
            found["guid"] = made["guid"]
        elif "/tasks/" in path:
            inside = f"v1/content/{self.content['guid']}"
            bundle_id = self.upload(inside)["id"]
            found["guid"] = owner.ok("POST", f"{inside}/build", json={"bundle_id": bundle_id})["task_id"]
        return found

    def upload(self, inside: str) -> dict:
        headers = {"Content-Type": "application/gzip"}
        return self.owner.api.ok("POST", f"{inside}/bundles", data=bundle(), headers=headers)

    def session(self) -> str:
        found = self.owner.api.ok("GET", "v1/oauth/sessions")
        if not found:
            answer = self.owner.log_in_at(self.scene.provider, self.integration, self.scene.username)
            assert answer.status_code == 302, answer.text
            found = self.owner.api.ok("GET", "v1/oauth/sessions")
        return found[0]["guid"]

    def body(self, operation: str) -> dict:
        match operation:
            case "POST /v1/oauth/integrations":
                config = {"max_role": "Viewer"}
                return {"json": {"name": "Another", "template": "connect", "config": config}}
            case "PATCH /v1/oauth/integrations/{guid}" | "PATCH /v1/content/{guid}" | "PUT /v1/users/{guid}":
                return {"json": {}}
            case "POST /v1/content" | "POST /v1/workbench/sessions":
                return {"json": {}}
            case "POST /v1/content/{guid}/permissions":
                return {"json": {"principal_guid": self.scene.viewer.guid, "role": "viewer"}}
            case "PUT /v1/content/{guid}/permissions/{id}":
                return {"json": {"role": "viewer"}}
            case "POST /v1/content/{guid}/bundles":
                return {"data": bundle(), "headers": {"Content-Type": "application/gzip"}}
            case "POST /v1/content/{guid}/deploy" | "POST /v1/content/{guid}/build":
                return {"json": {}}
            case "POST /v1/users":
                return {"json": {"email": f"{seeded.token_hex(4)}@example.com"}}
            case "POST /v1/users/{guid}/lock":
                return {"json": {"locked": True}}
            case "POST /v1/users/{guid}/keys":
                return {"json": {"name": "another"}}
            case "POST /v1/groups" | "PUT /v1/groups/{guid}" | "PATCH /v1/groups/{guid}" | "POST /v1/groups/{guid}":
                return {"json": {"name": seeded.token_hex(6)}}
            case "POST /v1/groups/{guid}/members":
                return {"json": {"user_guid": self.scene.viewer.guid}}
            case "POST /v1/webhooks":
                return {"json": WEBHOOK}
            case "PATCH /v1/webhooks/{guid}":
                return {"json": {"description": "changed"}}
            case "PUT /v1/audit_logs/retention":
                return {"json": {"days": None}}
            case "POST /v1/oauth/integrations/credentials":
                return {"data": self.exchange_form()}
        if operation.endswith("/associations") or operation.endswith("/environment"):
            return {"json": []} if operation.startswith(("PUT", "PATCH")) else {}
        return {}

    def exchange_form(self) -> dict[str, str]:
        """An exchange for the content of the table, which has no association: who may ask is told that (212)."""
        token = self.scene.viewer.session_token(self.content)
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token_type": "urn:posit:connect:user-session-token",
            "subject_token": token,
        }

    def clean(self, operation: str) -> None:
        """An account has few webhooks."""
        if "webhooks" in operation:
            for one in self.admin.api.ok("GET", "v1/webhooks"):
                self.admin.api("DELETE", f"v1/webhooks/{one['guid']}")


WEBHOOK = {"url": "https://localhost/hook", "events": ["session.created"], "enabled": True}


@pytest.fixture(scope="module")
def stage_of_all(server, databricks):
    return Stage(server, databricks)


@pytest.fixture(scope="module")
def routes(server):
    """What the router has: the document is held to it by a test of its own."""
    paths = server.get("/openapi.json").json()["paths"]
    return {f"{method.upper()} {path}" for path, item in paths.items() for method in item if method != "servers"}


def test_every_route_is_in_the_table(routes):
    known = set(TABLE) | set(PAGES)
    assert routes - known == set(), "routes of which nobody has said who may do what"
    assert known - routes == set(), "these are no routes"


@pytest.mark.parametrize("operation", TABLE)
def test_a_route_is_for_those_whom_the_table_names(stage_of_all, operation):
    expected = dict(zip(CALLERS, TABLE[operation].split(), strict=True))
    found = {}
    for caller in CALLERS:
        method, path, more = stage_of_all.request(operation)
        answer = stage_of_all.callers[caller](method, path, **more)
        assert answer.status_code < 500, f"{caller}: {answer.status_code} {answer.text}"
        found[caller] = str(answer.status_code) if answer.status_code in (401, 403, 404) else "ok"
        stage_of_all.clean(operation)
    assert found == expected


@pytest.mark.parametrize("operation", PAGES)
def test_a_page_is_for_those_whom_the_table_names(stage_of_all, operation):
    stage, server = stage_of_all, stage_of_all.server
    method, path = operation.split(" ")
    content = f"/content/{stage.content['guid']}/"
    guid = stage.content["guid"] if "content" in path else stage.integration["guid"]
    if "/people/" in path or "/groups/" in path:
        guid = stage.owner.guid if "/people/" in path else stage.parameters("GET /v1/groups/{guid}")["guid"]
    path = path.replace("{account}", stage.account.slug).replace("{guid}", guid).replace("{path}", "x")
    path = path.replace("{id}", "1")
    more = {"data": {"csrf_token": "not ours"}} if method == "POST" else {}
    if operation == "GET /accounts":
        more = {"params": {"account": stage.account.slug}}
    elif operation == "GET /gateway/sign-in":
        more = {"params": {"to": content, "binding": "b" * 43}}
    elif operation == "GET /content/{guid}/__gatehouse__/ticket":
        more = {"params": {"to": content, "ticket": "none"}}
    elif operation == "GET /v1/gateway/authorize":
        more = {"headers": {"X-Original-URI": content}}
    expected = dict(zip(BROWSERS, PAGES[operation].split(), strict=True))
    found = {}
    for name, person in stage.browsers.items():
        cookies = person.browser.session.cookies if person else None
        answer = Api(server, None, prefix="")(method, path, cookies=cookies, **more)
        assert answer.status_code < 500, f"{name}: {answer.status_code} {answer.text[:500]}"
        to_sign_in = "/sign-in" in answer.headers.get("Location", "").split("?")[0]
        status = str(answer.status_code) if answer.status_code in (401, 403, 404) else "ok"
        status = "again" if answer.status_code == 409 else status
        found[name] = "sign-in" if to_sign_in and "sign-in" not in path.rsplit("/", 1)[-1] else status
        if operation == "GET /gateway/sign-in" and to_sign_in:
            found[name] = "sign-in"
    assert found == expected
