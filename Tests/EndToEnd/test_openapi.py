"""The document at /openapi.json: what it says is so, whoever asks and whatever is sent."""

import os

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness.account import Api
from harness.bundles import bundle
from harness.fuzzing import Exemption, Fuzzer
from harness.scene import play

# The systematic part of a caller's cases takes a minute or two where other tests run beside it; many cases take hours.
pytestmark = pytest.mark.timeout(0 if "GATEHOUSE_FUZZ_CASES" in os.environ else 1800)
API = [
    "server", "integrations", "content", "deployments", "runtime", "users", "groups", "sessions", "exchange",
    "workbench", "audit", "webhooks", "issuer",
]  # fmt: skip
PAGES = ["pages", "login", "gateway"]
POSITIVE = "positive_data_acceptance"
UNIQUE = "what is unique in the account is refused when it is taken, which no schema can say"
THERE = "what is named must be there, and fit, which no schema can say"
AVAILABLE = "ensure_resource_availability"
NAMED = "what is not there is what the body names, not what was just created"
HERE = "redirect must be a path of this server that only shows something"
GENUINE = "what is sent must be something that the server itself has issued"
EXEMPTIONS = [
    Exemption("POST /v1/content", POSITIVE, UNIQUE),
    Exemption("PATCH /v1/content/{guid}", POSITIVE, f"{UNIQUE}; upstream_url follows the operator's rules"),
    Exemption("POST /v1/users", POSITIVE, UNIQUE),
    Exemption("PUT /v1/users/{guid}", POSITIVE, UNIQUE),
    Exemption("POST /v1/groups", POSITIVE, UNIQUE),
    Exemption("POST /v1/groups/{guid}", POSITIVE, UNIQUE),
    Exemption("PUT /v1/groups/{guid}", POSITIVE, UNIQUE),
    Exemption("PATCH /v1/groups/{guid}", POSITIVE, UNIQUE),
    Exemption("PATCH /v1/content/{guid}/environment", POSITIVE, "no name may come twice in a list"),
    Exemption("PUT /v1/content/{guid}/environment", POSITIVE, "no name may come twice in a list"),
    Exemption("POST /v1/groups/{guid}/members", POSITIVE, THERE),
    Exemption("POST /v1/content/{guid}/permissions", POSITIVE, THERE),
    Exemption("PUT /v1/content/{guid}/permissions/{id}", POSITIVE, THERE),
    Exemption("PUT /v1/content/{guid}/oauth/integrations/associations", POSITIVE, THERE),
    Exemption("POST /v1/content/{guid}/bundles", POSITIVE, "an archive of random bytes is none"),
    Exemption("POST /v1/content/{guid}/deploy", POSITIVE, THERE),
    Exemption("POST /v1/content/{guid}/build", POSITIVE, THERE),
    Exemption("POST /v1/groups/{guid}/members", AVAILABLE, NAMED),
    Exemption("POST /v1/content/{guid}/permissions", AVAILABLE, NAMED),
    Exemption("POST /v1/content/{guid}/deploy", AVAILABLE, NAMED),
    Exemption("POST /v1/content/{guid}/build", AVAILABLE, NAMED),
    Exemption("POST /v1/workbench/sessions", POSITIVE, THERE),
    Exemption(
        "POST /v1/oauth/integrations", POSITIVE, "config follows the rules of the template, which GET templates tells"
    ),
    Exemption("PATCH /v1/oauth/integrations/{guid}", POSITIVE, "config follows the rules of the template"),
    Exemption("POST /v1/oauth/integrations/{guid}/verify", POSITIVE, "only what acts as itself can be verified"),
    Exemption("POST /v1/users/{guid}/keys", POSITIVE, "expires_at must be in the future"),
    Exemption("POST /v1/oauth/integrations/credentials", POSITIVE, GENUINE),
    Exemption("GET /v1/audit_logs", POSITIVE, "actions and cursors are the server's words"),
    Exemption("GET /v1/audit_logs/export", POSITIVE, "actions are the server's words"),
    Exemption("POST /v1/webhooks", POSITIVE, "url follows the operator's rules"),
    Exemption("PATCH /v1/webhooks/{guid}", POSITIVE, "url follows the operator's rules"),
    Exemption("POST /v1/webhooks/{guid}/test", POSITIVE, "a webhook that is disabled is not tested"),
    Exemption("GET /v1/integrations/callback", POSITIVE, GENUINE),
    Exemption("GET /accounts/{account}/sign-in/callback", POSITIVE, GENUINE),
    Exemption("GET /__oauth__/integrations/{guid}/login", POSITIVE, HERE),
    Exemption("GET /__oauth__/integrations/{guid}/logout", POSITIVE, HERE),
    Exemption("GET /__oauth__/integrations/callback", POSITIVE, GENUINE),
    Exemption("GET /__oauth__/integrations/{guid}/callback", POSITIVE, GENUINE),
    Exemption("GET /accounts/{account}/invite", POSITIVE, GENUINE),
    Exemption("GET /accounts/{account}/audit", POSITIVE, THERE),
    Exemption("GET /accounts/{account}/audit/export", POSITIVE, THERE),
    Exemption("GET /accounts/{account}/groups/{guid}", POSITIVE, "what is looked for is one line of 255 characters"),
    Exemption("GET /oauth_token", POSITIVE, "NUL and numbers beyond 64 bits are no JSON here, wherever they stand"),
    Exemption("POST /oauth_token", POSITIVE, "NUL and numbers beyond 64 bits are no JSON here, wherever they stand"),
]


@pytest.fixture(scope="module")
def document(server):
    return server.get("/openapi.json").json()


@pytest.fixture(scope="module")
def fuzzer(server, document, tmp_path_factory):
    return Fuzzer(server, tmp_path_factory.mktemp("fuzz"), document, EXEMPTIONS)


@pytest.fixture
def scene(server, databricks):
    """An account of its own for each caller, with something of everything."""
    scene = play(server, databricks)
    scene.publisher.accept_invite()
    scene.account.admin.accept_invite()
    path = f"v1/content/{scene.content['guid']}"
    api = scene.publisher.api
    scene.bundle = api.ok("POST", f"{path}/bundles", data=bundle(), headers={"Content-Type": "application/gzip"})
    scene.task = api.ok("POST", f"{path}/deploy", json={"bundle_id": scene.bundle["id"]})["task_id"]
    scene.group = api.ok("POST", "v1/groups", json={"name": "Analysts"})
    api.ok("POST", f"v1/groups/{scene.group['guid']}/members", json={"user_guid": scene.viewer.guid})
    api.ok("PATCH", f"{path}/environment", json=[{"name": "MODE", "value": "test"}])
    api.ok("POST", f"{path}/permissions", json={"principal_guid": scene.viewer.guid, "role": "viewer"})
    return scene


def objects(scene) -> dict[str, list[str]]:
    """What there is, for paths; tests end it as they go on."""
    people = [scene.account.admin.guid, scene.publisher.guid, scene.viewer.guid]
    sessions = [session["guid"] for session in scene.sessions()]
    guids = [scene.integration["guid"], scene.content["guid"], scene.group["guid"], scene.task, *people, *sessions]
    return {"guid": guids, "member": people, "id": ["1", "2", "3"], "account": [scene.account.slug]}


def test_the_document_is_openapi(document):
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1.")


def test_both_servers_of_the_document_answer(document, account):
    key = {"Authorization": f"Key {account.admin.key}"}
    for server in document["servers"]:
        answer = Api(account.server, None).session.get(server["url"] + "/v1/user", headers=key)
        assert answer.status_code == 200 and answer.json()["guid"] == account.admin.guid


@pytest.mark.parametrize("role", ["viewer", "publisher", "administrator"])
def test_what_the_document_says_is_so_with_a_key(fuzzer, scene, role):
    person = {"viewer": scene.viewer, "publisher": scene.publisher, "administrator": scene.account.admin}[role]
    keys = [key["id"] for key in person.api.ok("GET", f"v1/users/{person.guid}/keys")]
    fuzzer.run(role, API, {"key": f"Key {person.key}"}, objects(scene), keys, systematic=role == "administrator")
    assert person.api("GET", "v1/user").status_code == 200, "the fuzzer has taken its own key away"


def test_what_the_document_says_is_so_without_a_key(fuzzer, scene):
    fuzzer.run("nobody", [*API, *PAGES], objects=objects(scene), systematic=True)


def test_what_the_document_says_is_so_in_a_browser(fuzzer, scene):
    admin = scene.account.admin
    [(name, value)] = [*admin.browser.cookies_named("gatehouse-").items()][:1]
    fuzzer.document["components"]["securitySchemes"]["browser"]["name"] = name
    fuzzer.run("browser", PAGES, {"browser": value}, objects(scene))
    assert admin.browser.get(scene.account.url()).status_code == 200


def test_what_the_document_says_is_so_in_a_workbench_session(fuzzer, scene):
    session = scene.viewer.api.ok("POST", "v1/workbench/sessions", json={"hours": 24})
    fuzzer.run("workbench", ["workbench"], {"workbench": session["rpc_cookie"]}, objects(scene))
