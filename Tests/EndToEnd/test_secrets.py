"""Secrets planted on the way through everything: in no log, in no answer they do not belong in, not in the files."""

from urllib.parse import parse_qs, urlsplit

import pytest

from harness.account import Account
from harness.browser import Browser, form_with
from harness.gatehouse import Gatehouse
from harness.hunting import spellings, strings_in
from harness.scene import EXPIRED_SECONDS, play


class Hunt:
    """A run through the main job and its failures, with every secret that took part in it."""

    def __init__(self, stage) -> None:
        self.server: Gatehouse = stage.gatehouse()
        self.databricks, self.snowflake = stage.simulator("databricks"), stage.simulator("snowflake")
        self.states: set[str] = set()
        self.access_tokens: set[str] = set()
        self.keys: set[str] = set()
        self.passwords: set[str] = set()
        self.accounts: list[Account] = []
        for provider in (self.databricks, self.snowflake):
            self.server.restart()
            scene = play(self.server, provider)
            self.watch_login(scene)
            self.run(scene)
        self.server.command("key", "rotate")
        self.server.restart()
        self.errors()

    def watch_login(self, scene) -> None:
        self.accounts.append(scene.account)
        self.keys |= {person.key for person in (scene.account.admin, scene.publisher, scene.viewer)}
        self.passwords |= {scene.viewer.password, *scene.provider.passwords.values()}

    def run(self, scene) -> None:
        provider = scene.provider
        self.access_tokens.add(scene.credentials()["access_token"])
        self.server.restart(clock_offset=600)
        forced = scene.exchange(headers={"Cache-Control": "no-cache"})
        self.access_tokens.add(forced.json()["access_token"])
        made = scene.viewer.api.ok("POST", f"v1/users/{scene.viewer.guid}/keys", json={"name": "second"})
        self.keys.add(made["key"])
        for fault in ("status", "html", "malformed_json"):
            self.server.restart(clock_offset=1200)
            provider.fault("token", fault, status=503)
            scene.exchange(headers={"Cache-Control": "no-cache"})
        provider.clear_faults()
        self.server.restart()
        # Logins that end badly: the code and state are in the URL of the callback.
        for tamper in ("&iss=https%3A%2F%2Fevil.example", "&state=again", ""):
            start = scene.viewer.start_login(scene.integration)
            callback = provider.authorize_as("vera", start.headers["Location"])
            self.states.add(parse_qs(urlsplit(callback).query)["state"][0])
            if not tamper:
                provider.fault("token", "status", status=500)
            scene.viewer.browser.get(callback + tamper, follow=False)
        provider.clear_faults()
        browser = Browser(self.server.journal)
        page = browser.get(scene.account.url("sign-in"))
        wrong = "a wrong password that was typed"
        self.passwords.add(wrong)
        browser.submit(form_with(page, "email"), email=scene.viewer.email, password=wrong)
        provider.revoke("vera")
        self.server.restart(clock_offset=2 * EXPIRED_SECONDS)
        scene.refused(220)
        path = f"v1/oauth/integrations/{scene.integration['guid']}"
        scene.account.admin.api("PATCH", path, json={"config": {"surprise": provider.client_secret}})
        scene.account.admin.api("POST", "v1/oauth/integrations", data=b'{"config": "' + provider.client_secret.encode())
        scene.account.admin.api.ok("GET", "v1/oauth/integrations")

    def errors(self) -> None:
        """Answers of the server after its restart."""
        for account in self.accounts:
            account.admin.api.ok("GET", "v1/oauth/sessions", params={"all": "true"})
            account.admin.api.ok("GET", "v1/users")

    def issued(self) -> dict[str, set[str]]:
        """What the providers gave out, by kind, as far as it is long enough to be searched for."""
        found: dict[str, set[str]] = {}
        for provider in (self.databricks, self.snowflake):
            for kind, values in provider.issued().items():
                found.setdefault(kind, set()).update(strings_in(values))
        return found

    def everything(self) -> set[str]:
        """Each secret; states are excluded where they belong."""
        secrets = self.keys | self.passwords | self.states | self.access_tokens
        secrets |= {self.databricks.client_secret, self.snowflake.client_secret}
        for values in self.issued().values():
            secrets |= values
        return {one for one in secrets if len(one) >= 12}


@pytest.fixture(scope="module")
def hunt(stage) -> Hunt:
    return Hunt(stage)


def test_the_hunt_has_something_to_look_for(hunt):
    issued = hunt.issued()
    assert len(hunt.everything()) > 30, issued.keys()
    assert hunt.access_tokens <= set().union(*issued.values()), "the tokens handed out are among those issued"
    assert len(hunt.server.journal.entries) > 60


def test_no_secret_is_in_the_log(hunt):
    log = hunt.server.logs.encode()
    assert len(log) > 200, "there is a log"
    assert [one for one in hunt.everything() for form in spellings(one) if form in log] == []


def test_no_secret_is_plain_in_any_file(hunt):
    hunted = {form for one in hunt.everything() for form in spellings(one)}
    looked = 0
    for running in (True, False):
        if not running:
            hunt.server.stop()
        for path in sorted(hunt.server.data.rglob("*")):
            if not path.is_file() or path.is_socket():
                continue
            content = path.read_bytes()
            looked += len(content)
            assert not [form for form in hunted if form in content], f"a secret lies in {path.name}"
    assert looked > 100_000
    hunt.server.start()


def test_refresh_tokens_client_secrets_and_passwords_are_in_no_answer(hunt):
    issued = hunt.issued()
    never = hunt.passwords | {hunt.databricks.client_secret, hunt.snowflake.client_secret}
    for kind, values in issued.items():
        # A state travels in the redirect to the provider; access tokens have a test of their own.
        if "access" not in kind and "state" not in kind:
            never |= values
    answers = hunt.server.journal.of(hunt.server.base_url)
    for entry in answers:
        for secret in never:
            assert not [form for form in spellings(secret) if form in entry.answer], f"{entry.method} {entry.url}"


def test_access_tokens_leave_only_by_the_exchange(hunt):
    tokens = {one for kind, values in hunt.issued().items() if "access" in kind for one in values}
    assert tokens
    for entry in hunt.server.journal.of(hunt.server.base_url):
        if entry.url.endswith("/v1/oauth/integrations/credentials") and entry.status == 200:
            assert b"no-store" in entry.answer
            continue
        assert not [one for one in tokens if one.encode() in entry.answer], f"{entry.method} {entry.url}"


def test_api_keys_leave_only_at_their_creation(hunt):
    for entry in hunt.server.journal.of(hunt.server.base_url):
        if entry.method == "POST" and entry.url.endswith("/keys"):
            continue
        assert not [one for one in hunt.keys if one.encode() in entry.answer], f"{entry.method} {entry.url}"


def test_what_carries_a_secret_is_not_stored_by_caches(hunt):
    for entry in hunt.server.journal.of(hunt.server.base_url):
        if entry.method == "POST" and entry.url.endswith("/keys") and entry.status < 300:
            assert b"no-store" in entry.answer
        if "set-cookie:" in entry.answer[:4000].lower().decode("latin-1"):
            assert b"no-store" in entry.answer, f"{entry.method} {entry.url}"


def test_no_answer_is_a_500(hunt):
    assert [
        f"{one.method} {one.url}" for one in hunt.server.journal.of(hunt.server.base_url) if one.status == 500
    ] == []


def test_the_master_key_and_the_sealed_values_do_not_open_elsewhere(own_stage):
    """A sealed row copied into another account, or under another master key, opens nothing."""
    server = own_stage.gatehouse()
    scene = play(server, own_stage.simulator("databricks"))
    other = play(server, own_stage.simulator("databricks"))
    server.stop()
    for suffix in ("", "-wal", "-shm"):
        source = server.data / scene.account.slug / f"account.sqlite{suffix}"
        target = server.data / other.account.slug / f"account.sqlite{suffix}"
        target.unlink(missing_ok=True)
        if source.exists():
            target.write_bytes(source.read_bytes())
    server.start()
    answer = other.exchange()
    assert answer.status_code == 503 and "access_token" not in answer.text
