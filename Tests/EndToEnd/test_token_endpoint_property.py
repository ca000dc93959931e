"""Random answers of a token endpoint: nothing ends that the documentation does not name, and the cause is told."""

import base64
import dataclasses
import html
import json
import random
import re
from pathlib import Path

import pytest

from harness import seeded
from harness.scene import EXPIRED_SECONDS, play
from harness.waiting import wait_until
from test_provider_oddities import log_in_for_test

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "provider_errors.md"
CASES = 24
ROW = re.compile(
    r'^\| `(\w+)`(?: with "([^"]+)")? \| [^|]+ \| (session|integration|nothing) \| `(\w+)` \|$', re.MULTILINE
)


def table() -> dict[tuple[str, str], tuple[str, str]]:
    """What each error ends, and its word for `payload.reason`, as the documentation says."""
    rows = {(code, words): (ends, reason) for code, words, ends, reason in ROW.findall(DOCUMENT.read_text())}
    assert len(rows) > 40
    return rows


@dataclasses.dataclass
class Case:
    status: int
    body: bytes
    content_type: str
    ends: str
    reason: str

    def fault(self, grant: str) -> dict:
        body = base64.b64encode(self.body).decode()
        return {"grant": grant, "status": self.status, "body_base64": body, "content_type": self.content_type}


def case(number: int) -> Case:
    source = random.Random(f"{seeded.SEED} token endpoint {number}")
    status = source.choice([200, 201, 204, 302, 307, 400, 400, 400, 401, 403, 404, 408, 409, 418, 429, 500, 502, 503])
    content_type = source.choice(
        ["application/json", "application/json; charset=latin1", "text/html", "text/plain", "image/png"]
    )
    code, sentence = "", ""
    if source.random() < 0.6:
        code, words = source.choice([*table(), ("unheard_of", ""), ("x" * 300, ""), ("%00", "")])
        sentence = f"Reason {number} {words} é\u202e\r\n".strip(" ") + "!" * source.choice([0, 5, 5000])
        member = source.choice(["error", "errorCode", "error_code"])
        text = json.dumps({member: source.choice([code, code.upper()]), "error_description": sentence})
        body = (
            text.encode()
            if source.random() < 0.8
            else b"\xef\xbb\xbf" + text.replace("\\u00e9", "\xe9").encode("latin1")
        )
    else:
        body = source.choice(
            [b"", b"{}", b"[]", b"null", b"<html>Sign in</html>", b"{", source.randbytes(source.choice([1, 50, 5000]))]
            + [b'{"access_token": %s}' % value for value in (b"5", b'""', b'"a b"', b"null", b"[]")]
            + [b'{"access_token": "a", "token_type": "%s"}' % kind for kind in (b"mac", b"\\u0000", b"")]
            + [b"\xff" * 100, b"{" * 5000, b'{"error": null}', b'{"error": {}}', b'{"error": ["invalid_grant"]}']
        )
    ends, reason = expected(status, code, sentence)
    return Case(status, body, content_type, ends, reason)


def expected(status: int, code: str, sentence: str) -> tuple[str, str]:
    if status == 429:
        return "integration", "provider_unavailable"
    # A 204 has no body, whatever is meant to be in it (RFC 9110, section 15.3.5).
    if status in (204, 408) or status >= 500 or 300 <= status < 400 or not code:
        return "nothing", "provider_unavailable"
    for (known, words), meaning in table().items():
        if known == code and words and words in sentence:
            return meaning
    return table().get((code, ""), ("nothing", "provider_unavailable"))


class Clocks:
    """Those of the server and of the provider, which stay together."""

    def __init__(self, server, provider) -> None:
        self.server, self.provider, self.seconds = server, provider, 0

    def advance(self, seconds: int) -> None:
        self.seconds += seconds
        self.server.set_clock(self.seconds)
        self.provider.advance_clock(seconds)


@pytest.fixture(scope="module")
def world(stage):
    server = stage.gatehouse(movable_clock=True)
    provider = stage.simulator("databricks")
    provider.set(access_token_seconds=EXPIRED_SECONDS - 120)
    return server, provider, Clocks(server, provider)


@pytest.mark.parametrize("number", range(CASES))
def test_a_random_answer_ends_only_what_the_documentation_says(world, number):
    server, provider, clocks = world
    played = case(number)
    scene = play(server, provider)
    clocks.advance(EXPIRED_SECONDS)
    provider.clear_faults()
    # To the content that wants a token for its viewer.
    before = len(server.logs)
    provider.fault("token", "raw", times=1, **played.fault("refresh_token"))
    answer = scene.exchange()
    error = answer.json()
    assert (error["code"], answer.status_code) == ((220, 400) if played.ends == "session" else (219, 502)), answer.text
    assert error["payload"]["reason"] == played.reason
    line = scene.account.audit(action="credentials.refused")[0]
    cause = line["details"]["cause"]
    assert cause and len(cause) <= 400 and "\n" not in cause and "\u202e" not in cause
    wait_until(lambda: plain(cause) in plain(server.logs[before:]), "the log has the cause")
    # To the administrator who tests the data source.
    scene.account.admin.accept_invite()
    provider.register(scene.integration["redirect_uri"])
    provider.fault("token", "raw", times=1, **played.fault("authorization_code"))
    report = log_in_for_test(scene.account.admin, provider, scene.integration)
    tested = scene.account.audit(action="integration.verified")[0]
    assert tested["outcome"] == "failure"
    assert plain(tested["details"]["cause"]) in plain(html.unescape(report.text))
    # What did not end goes on, once the pause is over; for a bare 400 that is a minute.
    provider.clear_faults()
    clocks.advance(61)
    if played.ends == "session":
        assert scene.refused(220)["payload"]["reason"] == played.reason
    else:
        fresh = wait_until(lambda: (now := scene.exchange()).status_code == 200 and now, "the session goes on")
        assert provider.whoami(fresh.json()["access_token"]) == "vera"
    secrets = [provider.client_secret, *provider.issued()["refresh_tokens"]]
    assert not [one for one in secrets if one in server.logs or one in report.text or one in str(line)]


def plain(text: str) -> str:
    """Letters and digits alone: how the log writes quotes and other signs is no matter here."""
    return re.sub(r"\W+", "", text)
