"""Identity providers that lie, and those in their place: whoever they name does not come in."""

import json
import threading
import time

import pytest
from joserfc.jwk import RSAKey

from harness.browser import Browser
from harness.company import Company
from harness.identity_provider import IdentityProvider, elliptic, unsigned
from harness.waiting import DEADLINE_SECONDS, wait_until


@pytest.fixture(scope="module")
def provider(stage):
    return stage.keep(IdentityProvider())


@pytest.fixture(scope="module")
def company(server, provider):
    return Company(server, provider).set_up(creates_users="on", domains="corp.example")


@pytest.fixture(autouse=True)
def honest(provider):
    """Each test begins and ends with an honest provider."""
    before = dict(vars(provider))
    provider.person = {"sub": "eve", "email": "eve@corp.example", "email_verified": True}
    yield
    for name in (
        "claims",
        "header",
        "answer",
        "metadata",
        "token",
        "keys",
        "published",
        "key_answer",
        "hold",
        "person",
    ):
        setattr(provider, name, before[name])


def stays_out(company, words: str = "") -> None:
    browser = Browser()
    answer = company.sign_in(browser=browser)
    assert answer.status_code == 400, f"{answer.status_code} {answer.url}\n{answer.text[:2000]}"
    assert words in answer.text, answer.text[:2000]
    assert browser.get(company.account.url(), follow=False).status_code == 303
    assert company.user("eve@corp.example") is None


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"iss": None}, "another issuer"),
        ({"aud": "somebody-else"}, "another client"),
        ({"aud": None}, "another client"),
        ({"azp": "somebody-else"}, "another client"),
        ({"nonce": "another"}, "another login"),
        ({"nonce": None}, "another login"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "expired"),
        ({"iat": 4_000_000_000, "exp": 4_000_000_300}, "future"),
        ({"nbf": 4_000_000_000}, "future"),
        ({"sub": ""}, "names no user"),
        ({"sub": "x" * 256}, "names no user"),
        ({"sub": 5}, "names no user"),
    ],
)
def test_an_id_token_that_is_not_for_this_sign_in(company, provider, claims, words):
    provider.claims = claims
    stays_out(company, words)
    assert company.audit("single_sign_on.refused")[0]["outcome"] == "failure"


def test_audiences_that_do_not_name_us_as_the_party(company, provider):
    provider.claims = {"aud": [provider.client_id, "other"], "azp": "other"}
    stays_out(company, "another client")
    provider.claims = {"aud": ["another", "other"]}
    stays_out(company, "another client")


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "HS512"])
def test_a_signature_that_anybody_could_make(company, provider, algorithm):
    provider.header = {"alg": "none" if algorithm.lower() == "none" else algorithm}
    stays_out(company)


def test_a_public_key_used_as_a_shared_secret(company, provider):
    now = int(time.time())
    claims = {"iss": provider.issuer, "aud": provider.client_id, "iat": now, "exp": now + 300, **provider.person}
    provider.token = unsigned({"alg": "HS256", "kid": provider.keys[0].kid}, claims) + "c2lnbmF0dXJl"
    stays_out(company, "not signed")


def test_a_signature_by_another_key_of_the_same_name(company, provider):
    provider.published = provider.keys
    forged = RSAKey.generate_key(2048)
    provider.keys = [RSAKey.import_key({**forged.as_dict(private=True), "kid": provider.published[0].kid})]
    stays_out(company, "signature")


def test_a_key_that_is_not_published(company, provider):
    provider.published, provider.keys = provider.keys, [RSAKey.generate_key(2048, auto_kid=True)]
    stays_out(company)


def test_a_key_in_the_tokens_own_header(company, provider):
    provider.published, provider.keys = provider.keys, [RSAKey.generate_key(2048, auto_kid=True)]
    provider.header = {"jwk": provider.keys[0].as_dict(private=False)}
    stays_out(company)
    provider.header = {"jku": provider.origin + "/evil", "kid": provider.keys[0].kid}
    stays_out(company)
    assert "/evil" not in provider.asked


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.c2ln", "." * 50, "x" * 200_000])
def test_what_is_no_token(company, provider, token):
    provider.token = token or " "
    stays_out(company)


@pytest.mark.parametrize("answer", [{"iss": "https://evil.example"}, {"code": None}, {"error": "access_denied"}])
def test_an_answer_by_way_of_the_browser_that_does_not_fit(company, provider, answer):
    provider.answer = answer
    stays_out(company)


def test_a_promise_of_iss_is_held_to(server, provider):
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    company = Company(server, provider)
    company.save(creates_users="on", domains="corp.example")
    refused = company.test()
    assert refused.status_code == 400 and "which server it is from" in refused.text
    provider.answer = {"iss": provider.issuer}
    assert "What came of your test" in company.test().text


@pytest.mark.parametrize(
    "answer",
    [
        (500, b""),
        (302, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"keys": 5}'),
        (200, b'{"keys": [{"kty": "oct"}]}'),
    ],
)
def test_keys_that_are_none(server, provider, answer):
    provider.key_answer = answer
    refused = Company(server, provider).save()
    assert refused.status_code == 400


def test_huge_keys_and_metadata_are_not_read_to_their_end(server, provider):
    provider.key_answer = (200, json.dumps({"keys": ["x" * 5_000_000]}).encode())
    assert Company(server, provider).save().status_code == 400
    provider.key_answer = None
    provider.metadata = {"filler": "x" * 5_000_000}
    refused = Company(server, provider).save()
    assert refused.status_code == 400 and "too long" in refused.text


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "http://169.254.169.254/keys"},
        {"token_endpoint": "https://10.0.0.1/token"},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_metadata_that_lies_is_not_kept(server, provider, metadata):
    provider.metadata = metadata
    company = Company(server, provider)
    assert company.save().status_code == 400
    assert company.start(Browser()).status_code == 404


def test_a_provider_that_hangs_holds_up_nobody_else(server, company, own_stage):
    slow = own_stage.keep(IdentityProvider())
    slow.hold = threading.Event()
    held = Company(server, slow)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(held.save()))
    thread.start()
    wait_until(lambda: "/keys" in slow.asked, "the provider is asked and hangs")
    browser = Browser()
    company.provider.person = {"sub": "quick", "email": "quick@corp.example", "email_verified": True}
    assert company.is_in(company.sign_in(browser=browser))
    slow.hold.set()
    thread.join(DEADLINE_SECONDS)
    assert answers and answers[0].status_code == 200


def test_a_key_changed_twice_in_a_minute_is_asked_for_once(server, own_stage):
    provider = own_stage.keep(IdentityProvider())
    company = Company(server, provider).set_up(creates_users="on", domains="corp.example")
    provider.keys = [elliptic()]
    provider.metadata = {"id_token_signing_alg_values_supported": ["ES256"]}
    assert company.is_in(company.sign_in()), "the first change is followed at once"
    provider.keys = [RSAKey.generate_key(2048, auto_kid=True)]
    before = provider.asked.count("/keys")
    for _ in range(3):
        assert company.sign_in().status_code == 400
    assert provider.asked.count("/keys") == before, "and a flood of unknown keys is not"


def test_rsa_with_pss_is_verified(server, own_stage):
    provider = own_stage.keep(IdentityProvider())
    provider.header = {"alg": "PS256"}
    company = Company(server, provider).set_up(creates_users="on", domains="corp.example")
    assert company.is_in(company.sign_in())
    # A key that says it is for one algorithm is not used for another.
    key = provider.keys[0]
    other = RSAKey.generate_key(2048)
    provider.keys = [RSAKey.import_key({**other.as_dict(private=True), "kid": "fresh", "alg": "RS256"})]
    assert key.kid != "fresh" and company.sign_in().status_code == 400


def test_what_the_provider_says_is_shown_as_text(company, provider):
    provider.answer = {"code": None, "error": "x", "error_description": "<script>alert(1)</script>"}
    answer = company.sign_in()
    assert answer.status_code == 400 and "<script>alert" not in answer.text
