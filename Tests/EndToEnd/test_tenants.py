"""Every object of account A, asked for with the keys and cookies of account B, on every route that the router has."""

import re

import pytest

from harness import seeded
from harness.scene import Scene, play
from harness.waiting import DEADLINE_SECONDS

PLACEHOLDER = re.compile(r"\{(\w+)\}|:(\w+)|\$\{(\w+)\}")

VALID_BODIES = {
    ("PATCH", "integrations"): {"name": "taken over"},
    ("PATCH", "content"): {"title": "taken over"},
    ("PUT", "associations"): [],
    ("POST", "permissions"): {"principal_type": "user", "role": "viewer"},
    ("PUT", "permissions"): {"principal_type": "user", "role": "viewer"},
    ("POST", "lock"): {"locked": True},
    ("PUT", "users"): {"user_role": "administrator"},
    ("POST", "keys"): {"name": "stolen"},
    ("PUT", "groups"): {"name": "taken over"},
    ("PATCH", "groups"): {"name": "taken over"},
    ("POST", "groups"): {"name": "taken over"},
}


class Tenants:
    def __init__(self, server, first: Scene, second: Scene) -> None:
        self.server, self.first, self.second = server, first, second
        owner = first.publisher.api
        guest = first.account.add("viewer")
        body = {"principal_guid": guest.guid, "principal_type": "user", "role": "viewer"}
        path = f"v1/content/{first.content['guid']}/permissions"
        self.permission = owner.ok("POST", path, json=body)
        self.group = owner.ok("POST", "v1/groups", json={"name": "people of the first"})
        owner.ok("POST", f"v1/groups/{self.group['guid']}/members", json={"user_guid": guest.guid})
        self.member = guest.guid
        self.key = first.viewer.api.ok("POST", f"v1/users/{first.viewer.guid}/keys", json={"name": "mine"})
        [self.session] = first.sessions()

    def objects(self) -> dict[str, str]:
        """What each kind of placeholder stands for, by the path segment before it."""
        return {
            "content": self.first.content["guid"],
            "integrations": self.first.integration["guid"],
            "sessions": self.session["guid"],
            "users": self.first.viewer.guid,
            "permissions": str(self.permission["id"]),
            "keys": str(self.key["id"]),
            "groups": self.group["guid"],
            "members": self.member,
            "accounts": self.first.account.slug,
        }

    def state(self) -> list:
        """Everything of A that a stranger's request could have changed."""
        admin, viewer = self.first.account.admin.api, self.first.viewer.api
        guid = self.first.content["guid"]
        return [
            admin.ok("GET", "v1/oauth/integrations"),
            admin.ok("GET", "v1/content"),
            admin.ok("GET", f"v1/content/{guid}/permissions"),
            admin.ok("GET", "v1/groups"),
            admin.ok("GET", f"v1/groups/{self.group['guid']}/members?include=groups"),
            admin.ok("GET", f"v1/content/{guid}/oauth/integrations/associations"),
            [
                {name: value for name, value in user.items() if "time" not in name}
                for user in admin.ok("GET", "v1/users")["results"]
            ],
            [one["id"] for one in viewer.ok("GET", f"v1/users/{self.first.viewer.guid}/keys")],
            viewer.ok("GET", "v1/oauth/sessions"),
        ]


@pytest.fixture(scope="module")
def tenants(server, stage) -> Tenants:
    provider = stage.simulator("databricks")
    first, second = play(server, provider), play(server, provider, username="otto")
    second.account.admin.accept_invite()
    return Tenants(server, first, second)


@pytest.fixture(scope="module")
def routes(server) -> list[dict]:
    return server.json("routes")


def fill(path: str, objects: dict[str, str]) -> str | None:
    """The path with A's objects in it; None when nothing in it belongs to an account."""
    parts, belongs = path.split("/"), False
    for index, part in enumerate(parts):
        if PLACEHOLDER.fullmatch(part):
            kind = parts[index - 1]
            if kind not in objects:
                return None
            parts[index], belongs = objects[kind], True
    return "/".join(parts) if belongs else None


def body_for(method: str, path: str, tenants: Tenants):
    last = next((part for part in reversed(path.split("/")) if not PLACEHOLDER.fullmatch(part)), "")
    body = VALID_BODIES.get((method, last), {} if method in ("POST", "PUT", "PATCH") else None)
    if last == "permissions" and body:
        return {**body, "principal_guid": tenants.second.viewer.guid}
    return body


def is_api(path: str) -> bool:
    return path.removeprefix("/__api__").startswith("/v1/") and "/integrations/callback" not in path


def test_the_router_lists_its_routes(routes):
    listed = {(one["method"].upper(), one["path"]) for one in routes}
    assert len(listed) > 30
    plain = {PLACEHOLDER.sub("{}", path) for _, path in listed}
    for expected in (
        "/v1/oauth/integrations/{}",
        "/__api__/v1/oauth/integrations/{}",
        "/v1/content/{}/oauth/integrations/associations",
        "/v1/oauth/sessions/{}",
        "/v1/oauth/integrations/credentials",
        "/v1/gateway/authorize",
        "/__oauth__/integrations/{}/login",
        "/accounts/{}/sign-in",
    ):
        assert expected in plain, f"{expected} is not listed"


def test_every_api_route_answers_404_for_another_accounts_object(tenants, routes):
    before = tenants.state()
    tried = 0
    for route in routes:
        method, path = route["method"].upper(), route["path"]
        filled = fill(path, tenants.objects()) if is_api(path) else None
        if filled is None:
            continue
        for person in (tenants.second.account.admin, tenants.second.publisher):
            answer = person.browser.session.request(
                method,
                tenants.server.url(filled),
                json=body_for(method, path, tenants),
                headers={"Authorization": f"Key {person.key}"},
                allow_redirects=False,
                timeout=DEADLINE_SECONDS,
            )
            # A publisher is refused by role where the operation is an administrator's: test_roles.py has the table.
            allowed = {(404, 4)} if person is tenants.second.account.admin else {(403, 22), (404, 4)}
            given = answer.status_code, answer.json()["code"]
            assert given in allowed, f"{method} {path}: {answer.status_code} {answer.text}"
            assert tenants.first.account.slug not in answer.text
            tried += 1
    assert tried > 40
    assert tenants.state() == before
    assert tenants.first.exchange().status_code == 200


def test_a_stranger_cannot_tell_an_object_of_another_account_from_none(tenants, routes):
    objects = tenants.objects()
    guesses = dict(objects)
    for kind in ("content", "integrations", "sessions", "users"):
        guesses[kind] = objects[kind][:-12] + seeded.token_hex(6)
    admin = tenants.second.account.admin
    for route in routes:
        method, path = route["method"].upper(), route["path"]
        real, guessed = fill(path, objects), fill(path, guesses)
        if real is None or real == guessed or method not in ("GET", "HEAD"):
            continue
        headers = {"Authorization": f"Key {admin.key}"} if is_api(path) else {}
        answers = [
            admin.browser.session.get(
                tenants.server.url(one), headers=headers, allow_redirects=False, timeout=DEADLINE_SECONDS
            )
            for one in (real, guessed)
        ]
        assert answers[0].status_code == answers[1].status_code, f"{path}: {answers[0].text}"
        neutral = [
            re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|csrf_token\" value=\"[^\"]*|[\w-]{40,}", "", answer.text)
            for answer in answers
        ]
        assert neutral[0] == neutral[1], path


def test_the_pages_of_another_account_open_nothing(tenants, routes):
    admin = tenants.second.account.admin
    secret = (tenants.first.integration["name"] + " of " + tenants.first.account.slug, tenants.first.viewer.email)
    for route in routes:
        method, path = route["method"].upper(), route["path"]
        filled = None if is_api(path) else fill(path, tenants.objects())
        if filled is None or method not in ("GET", "POST"):
            continue
        answer = admin.browser.session.request(
            method, tenants.server.url(filled), allow_redirects=False, timeout=DEADLINE_SECONDS
        )
        expected = (302, 303, 400, 401, 403, 404)
        # Every account publishes who it is as an issuer; that is no secret.
        if (
            path.endswith(("/sign-in", "/sign-in/signed-out", "/oidc/jwks"))
            or "/.well-known/" in path
            or "/v1/" in path
        ):
            expected = (200, *expected)
        assert answer.status_code in expected, f"{method} {path}: {answer.status_code}"
        assert not any(word in answer.text for word in secret), f"{method} {path}"


def test_an_integration_of_another_account_under_ones_own_address_is_404(tenants):
    account = tenants.second.account
    answer = account.admin.browser.get(account.url(f"integrations/{tenants.first.integration['guid']}"), follow=False)
    assert answer.status_code == 404


def test_another_accounts_integration_cannot_be_associated(tenants):
    scene = tenants.second
    path = f"v1/content/{scene.content['guid']}/oauth/integrations/associations"
    body = [{"oauth_integration_guid": tenants.first.integration["guid"]}]
    answer = scene.publisher.api("PUT", path, json=body)
    assert answer.status_code == 400 and answer.json()["code"] == 207


def test_another_accounts_user_cannot_be_given_access(tenants):
    scene = tenants.second
    body = {"principal_guid": tenants.first.viewer.guid, "principal_type": "user", "role": "viewer"}
    answer = scene.publisher.api("POST", f"v1/content/{scene.content['guid']}/permissions", json=body)
    assert answer.status_code == 400


def test_lists_hold_only_ones_own(tenants):
    theirs = {*tenants.objects().values()}
    admin = tenants.second.account.admin.api
    for path in ("v1/oauth/integrations", "v1/content", "v1/users", "v1/groups", "v1/oauth/sessions?all=true"):
        text = admin("GET", path).text
        assert not [one for one in theirs if len(one) > 20 and one in text], path


def test_the_gateway_does_not_open_another_accounts_content(tenants):
    answer = tenants.second.viewer.ask_gateway(tenants.first.content)
    assert answer.status_code == 401
    assert "Posit-Connect-User-Session-Token" not in answer.headers
