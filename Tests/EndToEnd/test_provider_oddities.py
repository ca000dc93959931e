"""What providers send that no standard foresees, to each person's page: what ends, and who learns why."""

import base64
import json
import re
import subprocess
from urllib.parse import urljoin

import pytest

from harness.browser import Browser, Form, forms_of
from harness.bundles import archive, manifest
from harness.company import Company
from harness.identity_provider import IdentityProvider
from harness.listener import Listener
from harness.scene import EXPIRED_SECONDS, due, expired, play
from harness.tls import Authority

LONGEST_TOKEN = 128 * 1024


def text_of(page) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.text))


def base64_of(body: bytes) -> str:
    return base64.b64encode(body).decode()


def log_in_for_test(admin, provider, integration):
    """An administrator's test login, through the provider's page; answers the report."""
    start = admin.browser.get(admin.account.url(f"integrations/{integration['guid']}/test/log-in"), follow=False)
    assert start.status_code == 302, f"{start.status_code} {start.text[:1000]}"
    back = provider.sign_in(admin.browser, admin.browser.get(start.headers["Location"]), "vera")
    done = admin.browser.get(back.headers["Location"], follow=False)
    assert done.status_code == 303, f"{done.status_code} {done.text[:1000]}"
    return admin.browser.get(urljoin(back.headers["Location"], done.headers["Location"]))


# Lifetimes.


def test_a_lifetime_that_is_not_told_is_an_hour_and_then_a_refresh(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    provider.set(include_expires_in="missing")
    scene = play(server, provider)
    first = scene.credentials()
    assert 3500 < first["expires_in"] <= 3600
    server.restart(clock_offset=EXPIRED_SECONDS)
    second = scene.credentials()
    assert second["access_token"] != first["access_token"]
    assert 3500 < second["expires_in"] <= 3600
    assert provider.counters()["refresh_grants"] == 1


def test_without_a_lifetime_and_a_refresh_token_the_viewer_logs_in_again_after_an_hour(own_stage):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    provider.set(include_expires_in="missing", withhold_scopes=["offline_access"])
    scene = play(server, provider)
    assert 3500 < scene.credentials()["expires_in"] <= 3600
    server.restart(clock_offset=EXPIRED_SECONDS)
    assert scene.refused(220)["payload"]["reason"] == "access_token_expired"


def test_an_administrator_says_how_long_a_token_without_a_lifetime_is_used(own_stage):
    server = own_stage.gatehouse()
    provider = own_stage.simulator("generic")
    provider.set(include_expires_in="missing", withhold_scopes=["offline_access"])
    scene = play(server, provider, token_lifetime="864000")
    assert 863_900 < scene.credentials()["expires_in"] <= 864_000
    server.restart(clock_offset=EXPIRED_SECONDS)
    assert 863_900 - EXPIRED_SECONDS < scene.credentials()["expires_in"] <= 864_000 - EXPIRED_SECONDS


@pytest.mark.parametrize("value", ["59", "31536001", "an hour", "1e4"])
def test_a_token_lifetime_that_is_none_is_refused(own_stage, value):
    account = own_stage.gatehouse().create_account()
    config = {"auth_type": "Service Account", "client_id": "id", "client_secret": "a secret", "token_lifetime": value}
    body = {"name": "Typed", "template": "custom", "config": config | {"token_uri": "https://provider.example/token"}}
    refused = account.admin.api.refused(400, 228, "POST", "v1/oauth/integrations", json=body)
    assert "60 to 31536000" in refused["error"]


# One viewer's answer.


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        ("interaction_required", "interaction_required", "AADSTS50076: the policy has changed"),
        ("consent_required", "consent_required", "AADSTS65001: the policy has changed"),
        ("login_required", "login_required", "the session is over"),
        ("account_selection_required", "account_selection_required", "choose an account"),
        ("invalid_token", "refresh_token_rejected", "the token is unknown"),
        ("access_denied", "access_denied", "the user may not"),
        ("invalid_scope", "consent_required", "Client no longer has requested consent from user"),
        ("invalid_app_access", "access_denied", "user is not admin approved to access this app"),
        ("OAUTH_APP_ACCESS_DENIED", "access_denied", "user is not admin approved to access this app"),
    ],
)
def test_what_the_provider_wants_of_one_viewer_ends_that_session_alone(own_stage, code, reason, words):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider)
    other = scene.account.add("viewer")
    other.accept_invite()
    provider.add_user("walt")
    assert other.log_in_at(provider, scene.integration, "walt").status_code == 302
    others_token = other.session_token(scene.content)
    server.restart(clock_offset=EXPIRED_SECONDS)
    answer = {"error": code, "error_description": words, "error_codes": [50076]}
    provider.fault("token", "raw", status=400, body=json.dumps(answer))
    assert scene.refused(220)["payload"]["reason"] == reason
    # The others go on, at once.
    credentials = scene.publisher.api.credentials(others_token)
    assert provider.whoami(credentials["access_token"]) == "walt"
    line = scene.account.audit(action="session.reauthorization_required")[0]
    assert (line["details"]["reason"], line["details"]["cause"]) == (reason, f"{code.lower()}: {words}")
    assert words in server.await_log("must log in again")


def test_the_viewer_the_publisher_and_the_administrator_read_why(own_stage):
    scene = expired(own_stage.gatehouse(), own_stage.simulator("databricks"))
    scene.provider.fault("token", "raw", status=400, body='{"error": "interaction_required"}')
    scene.refused(220)
    mine = scene.viewer.browser.get(scene.account.url())
    assert "The provider wants you to sign in there again" in text_of(mine)
    scene.account.admin.accept_invite()
    page = scene.account.admin.browser.get(scene.account.url(f"integrations/{scene.integration['guid']}"))
    assert "the provider wants the viewer to sign in there again" in text_of(page)
    scene.publisher.accept_invite()
    overview = scene.publisher.browser.get(scene.account.url(f"content/{scene.content['guid']}"))
    assert "the provider wants the viewer to sign in there again" in text_of(overview)


@pytest.mark.parametrize("body", ["", "Bad Request", "<html><h1>400</h1></html>", "{}"])
def test_a_bare_400_is_asked_again_a_minute_later_and_then_ends_the_session(own_stage, body):
    scene = expired(own_stage.gatehouse(), own_stage.simulator("databricks"))
    scene.provider.fault("token", "raw", times=2, status=400, body=body, content_type="text/plain")
    assert scene.refused(219)["payload"]["reason"] == "provider_unavailable"
    # A restart forgets pauses that are only in memory; this one is stored.
    scene.server.restart(clock_offset=EXPIRED_SECONDS + 20)
    scene.refused(219)
    assert scene.provider.counters()["token_requests"] == 1, "not within a minute"
    scene.server.restart(clock_offset=EXPIRED_SECONDS + 90)
    assert scene.refused(220)["payload"]["reason"] == "refresh_token_rejected"
    assert scene.provider.counters()["token_requests"] == 2


def test_a_bare_400_that_was_a_mistake_ends_nothing(own_stage):
    scene = expired(own_stage.gatehouse(), own_stage.simulator("databricks"))
    scene.provider.fault("token", "raw", status=400, body="")
    scene.refused(219)
    scene.server.restart(clock_offset=EXPIRED_SECONDS + 90)
    assert scene.provider.whoami(scene.credentials()["access_token"]) == "vera"


def test_an_error_that_no_table_has_ends_nothing_and_is_told(own_stage):
    scene = expired(own_stage.gatehouse(), own_stage.simulator("databricks"))
    scene.provider.fault("token", "raw", status=400, body='{"error": "brand_new_error", "error_description": "Moon"}')
    assert scene.refused(219)["payload"]["reason"] == "provider_unavailable"
    line = scene.account.audit(action="refresh.failing")[0]
    assert line["details"]["cause"] == "brand_new_error: Moon"
    assert "Moon" in scene.server.await_log("refuses to refresh a token")
    scene.server.restart(clock_offset=EXPIRED_SECONDS + 90)
    assert scene.provider.whoami(scene.credentials()["access_token"]) == "vera"


# What is accepted all the same.


def test_odd_but_usable_answers_are_used(server, own_stage):
    provider = own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    token = "t" * LONGEST_TOKEN
    answer = {"access_token": token, "token_type": "BearerToken", "refresh_token": "r" * LONGEST_TOKEN}
    body = b"\xef\xbb\xbf" + json.dumps({**answer, "expires_in": 3600}).encode()
    provider.fault("token", "raw", status=200, body_base64=base64_of(body))
    scene.log_in()
    for _ in range(3):
        assert scene.credentials()["access_token"] == token
    assert provider.counters()["token_requests"] == 1


def test_a_sentence_in_latin_1_does_not_hide_the_error(own_stage):
    scene = expired(own_stage.gatehouse(), own_stage.simulator("databricks"))
    body = '{"error": "invalid_grant", "error_description": "Le jeton a expir\xe9"}'.encode("latin-1")
    scene.provider.fault("token", "raw", status=400, body_base64=base64_of(body))
    assert scene.refused(220)["payload"]["reason"] == "refresh_token_rejected"


# Causes.

UNUSABLE = [
    ({"status": 200, "body": '{"access_token": "a", "token_type": "DPoP"}'}, 'token_type "DPoP"'),
    ({"status": 200, "body": '{"access_token": "%s"}' % ("a" * (LONGEST_TOKEN + 1))}, "longer than 131072 bytes"),
    ({"status": 200, "body": '{"access_token": "a b"}'}, "no HTTP header can carry"),
    ({"status": 200, "body": "{}"}, "no access_token"),
    ({"status": 200, "body": "<html>Sign in</html>", "content_type": "text/html"}, "neither JSON nor a form"),
    ({"status": 200, "body": ""}, "The answer is empty"),
    ({"status": 403, "body": "blocked"}, "status 403"),
    ({"status": 503, "body": '{"error": "server_error", "error_description": "Sealed"}'}, "internal problem: Sealed"),
    ({"status": 429, "body": '{"message": "Ten in a minute"}'}, "Ten in a minute"),
]


@pytest.mark.parametrize(("fault", "words"), UNUSABLE, ids=[words for _, words in UNUSABLE])
def test_an_answer_that_cannot_be_used_is_named_in_log_audit_and_test(own_stage, fault, words):
    server, provider = own_stage.gatehouse(), own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    scene.account.admin.accept_invite()
    provider.fault("token", "raw", **fault)
    report = log_in_for_test(scene.account.admin, provider, scene.integration)
    assert words in text_of(report).replace("&quot;", '"')
    line = scene.account.audit(action="integration.verified")[0]
    assert line["details"]["reason"] == "unavailable" and words in line["details"]["cause"]
    assert words in server.await_log("gave no token for a login").replace('\\"', '"')
    # A viewer reads a sentence without internals; the audit has the cause.
    provider.fault("token", "raw", **fault)
    page = scene.viewer.log_in_at(provider, scene.integration, "vera")
    assert page.status_code == 400 and "could not be reached or gave no usable answer" in page.text
    assert words not in text_of(page).replace("&quot;", '"')
    assert words in scene.account.audit(action="session.login_failed")[0]["details"]["cause"]


def test_an_id_token_that_cannot_be_read_does_not_spoil_a_refresh(own_stage):
    scene = expired(own_stage.gatehouse(), own_stage.simulator("databricks"))
    answer = {"access_token": "fresh", "refresh_token": "next", "expires_in": 3600, "id_token": {"no": "text"}}
    scene.provider.fault("token", "raw", status=200, body=json.dumps(answer))
    assert scene.credentials()["access_token"] == "fresh"


def test_a_refresh_that_gives_nothing_usable_is_named_at_once(own_stage):
    scene = due(own_stage.gatehouse(), own_stage.simulator("databricks"))
    scene.provider.fault("token", "raw", status=200, body='{"access_token": "a", "token_type": "mac"}')
    assert scene.exchange().status_code == 200, "the old token is valid"
    line = scene.account.audit(action="refresh.failing")[0]
    assert line["details"]["reason"] == "provider_unavailable" and 'token_type "mac"' in line["details"]["cause"]


@pytest.fixture
def private(own_stage):
    """A token endpoint whose certificate is of a company's own authority."""
    authority = Authority(own_stage.folder("authority"))
    answer = {"access_token": "of-the-company", "token_type": "Bearer", "expires_in": 3600}
    endpoint = own_stage.keep(Listener(answer, tls=authority.context("localhost")))
    return authority, endpoint


def service_account(server, endpoint) -> tuple:
    account = server.create_account()
    client = {"auth_type": "Service Account", "client_id": "id", "client_secret": "a secret", "scopes": "read"}
    return account, account.integrate("custom", token_uri=endpoint.origin + "/token", **client)


def test_a_certificate_of_an_unknown_authority_is_named_with_what_to_do(own_stage, private):
    server = own_stage.gatehouse()
    account, integration = service_account(server, private[1])
    error = account.admin.api.refused(400, 241, "POST", f"v1/oauth/integrations/{integration['guid']}/verify")
    assert "certificate" in error["error"] and "--ca-file" in error["error"]
    line = account.audit(action="integration.verified")[0]
    assert "certificate" in line["details"]["cause"] and line["details"]["reason"] == "provider_unavailable"
    assert "certificate" in server.await_log("gave no usable answer to a service account")
    # Asked again while the endpoint is left alone, the page still has the cause.
    account.admin.accept_invite()
    page = account.admin.browser.get(account.url(f"integrations/{integration['guid']}/test"))
    report = account.admin.browser.submit(form_to_test(page, integration))
    assert report.status_code == 400 and "certificate" in report.text


@pytest.mark.parametrize(
    "error, reason",
    [
        ("invalid_client", "integration_misconfigured"),
        ("access_denied", "integration_misconfigured"),
        ("brand_new_error", "provider_unavailable"),
    ],
)
def test_a_refused_service_account_is_told_by_the_table_of_errors(server, own_stage, error, reason):
    provider = own_stage.simulator("databricks")
    account = server.create_account()
    integration = account.add_service_account(provider)
    provider.fault("token", "raw", status=400, body=json.dumps({"error": error}))
    account.admin.api.refused(400, 241, "POST", f"v1/oauth/integrations/{integration['guid']}/verify")
    details = account.audit(action="integration.verified")[0]["details"]
    assert (details["reason"], details["cause"]) == (reason, error)


def form_to_test(page, integration) -> Form:
    return next(form for form in forms_of(page) if form.action.endswith(f"{integration['guid']}/test"))


@pytest.mark.parametrize("way", ["--ca-file", "GATEHOUSE_CA_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_company_s_own_authority_can_be_trusted(own_stage, private, way):
    authority, endpoint = private
    if way == "SSL_CERT_DIR":
        folder = own_stage.folder("hashed")
        (folder / "authority.pem").write_bytes(authority.certificate.read_bytes())
        subprocess.run(["openssl", "rehash", folder], check=True)
        more = {"before": ("env", f"SSL_CERT_DIR=/nowhere:{folder}")}
    elif way == "--ca-file":
        more = {"options": (way, str(authority.certificate))}
    else:
        more = {"before": ("env", f"{way}={authority.certificate}")}
    account, integration = service_account(own_stage.gatehouse(**more), endpoint)
    verified = account.admin.api.ok("POST", f"v1/oauth/integrations/{integration['guid']}/verify")
    assert verified == {"verified": True, "expires_in": 3600}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"GATEHOUSE_CA_FILE": "/nowhere/ca.pem"}, "--ca-file"),
        ({"GATEHOUSE_CA_FILE": "/etc/hostname"}, "has no certificate"),
        ({"SSL_CERT_FILE": "/nowhere/ca.pem"}, "SSL_CERT_FILE"),
        ({"SSL_CERT_DIR": "/nowhere"}, "SSL_CERT_DIR"),
    ],
    ids=str,
)
def test_a_file_of_authorities_that_is_none_is_refused_before_anything_starts(own_stage, environment, words):
    done = own_stage.gatehouse(start=False).run("check-config", environment=environment)
    assert done.returncode != 0 and words in done.stderr


@pytest.mark.parametrize("name", ["GATEHOUSE_CA_FILE", "SSL_CERT_FILE"])
def test_one_authority_that_cannot_be_read_is_named_before_it_stops_every_call(own_stage, private, name):
    file = own_stage.folder("authorities") / "ca.pem"
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    file.write_bytes(private[0].certificate.read_bytes() + broken)
    done = own_stage.gatehouse(start=False).run("check-config", environment={name: str(file)})
    assert done.returncode != 0 and str(file) in done.stderr and "certificate 2 cannot be read" in done.stderr


# What comes back with the browser.


@pytest.mark.parametrize("more", ["error_description=Acc%E9s", "%E9=x", "error_uri=%"])
def test_a_value_that_cannot_be_read_does_not_hide_that_somebody_declined(server, own_stage, more):
    provider = own_stage.simulator("databricks")
    scene = play(server, provider, log_in=False)
    start = scene.viewer.start_login(scene.integration)
    state = start.headers["Location"].split("state=")[1].split("&")[0]
    callback = f"{scene.integration['redirect_uri']}?error=access_denied&{more}&state={state}"
    page = scene.viewer.browser.get(callback, follow=False)
    assert page.status_code == 400 and "access was denied" in page.text
    assert scene.account.audit(action="session.login_failed")[0]["details"]["reason"] == "declined"


@pytest.mark.parametrize(
    "error, reason, words",
    [
        ("access_denied", "declined", "access was denied"),
        ("temporarily_unavailable", "unavailable", "a problem of its own"),
        ("invalid_scope", "refused", "invalid_scope (Two moons)"),
        ("interaction_required", "refused", "interaction_required (Two moons)"),
        ("brand_new_error", "refused", "brand_new_error (Two moons)"),
    ],
)
def test_an_error_that_comes_back_with_the_browser_counts_as_what_it_is(server, own_stage, error, reason, words):
    scene = play(server, own_stage.simulator("databricks"), log_in=False)
    state = scene.viewer.start_login(scene.integration).headers["Location"].split("state=")[1].split("&")[0]
    callback = f"{scene.integration['redirect_uri']}?error={error}&error_description=Two%20moons&state={state}"
    page = scene.viewer.browser.get(callback, follow=False)
    assert page.status_code == 400 and words in text_of(page)
    details = scene.account.audit(action="session.login_failed")[0]["details"]
    assert (details["reason"], details["cause"]) == (reason, f"the provider answered {error} (Two moons)")


def test_an_identity_provider_that_cannot_be_asked_is_named_in_the_log(own_stage):
    company = Company(own_stage.gatehouse(), own_stage.keep(IdentityProvider()))
    company.set_up(creates_users="on", domains="corp.example")
    company.provider.metadata = {"issuer": "https://other.example"}
    company.server.restart()
    page = Browser().get(company.account.url("sign-in/start"), follow=False)
    assert page.status_code == 400 and "cannot be asked" in text_of(page)
    line = company.server.await_log("an identity provider cannot be asked")
    assert company.issuer in line and "about the issuer https://other.example" in line


def test_a_manifest_may_begin_with_a_byte_order_mark(server):
    publisher = server.create_account().add("publisher")
    content = publisher.api.ok("POST", "v1/content", json={})
    packed = archive({"manifest.json": b"\xef\xbb\xbf" + json.dumps(manifest("python-shiny")).encode()})
    assert publisher.api.ok("POST", f"v1/content/{content['guid']}/bundles", data=packed)["id"]


def test_a_value_that_cannot_be_read_does_not_spoil_a_sign_in_that_the_provider_begins(company):
    company.set_up(creates_users="on", domains="corp.example")
    start = Browser().get(company.account.url("sign-in/start") + "?login_hint=Ren%E9", follow=False)
    assert start.status_code == 303 and start.headers["Location"].startswith(company.provider.origin)


# Single sign-on.


@pytest.fixture
def company(server, own_stage):
    return Company(server, own_stage.keep(IdentityProvider()))


def members(company, group: str) -> list[str]:
    found = company.admin.api.ok("GET", f"v1/groups/{group}/members")["results"]
    return [one["email"] for one in found]


OVERAGE = [
    {"groups": None, "_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x.example"}}},
    {"groups": None, "hasgroups": True},
]


@pytest.mark.parametrize("overage", OVERAGE, ids=["_claim_names", "hasgroups"])
def test_groups_that_a_token_leaves_out_stay_as_they_were(company, overage):
    provider = company.provider
    provider.metadata = {"userinfo_endpoint": None}
    group = company.admin.api.ok("POST", "v1/groups", json={"name": "Analysts"})["guid"]
    rules = {"group_claim": "groups", "groups": "analysts = Analysts", "domains": "corp.example"}
    company.set_up(creates_users="on", **rules)
    provider.person = {"sub": "gil", "email": "gil@corp.example", "email_verified": True, "groups": ["analysts"]}
    assert company.is_in(company.sign_in())
    assert members(company, group) == ["gil@corp.example"]
    provider.person |= overage
    assert company.is_in(company.sign_in())
    assert members(company, group) == ["gil@corp.example"]
    line = company.audit("user.signed_in")[-1]
    claim = "hasgroups" if "hasgroups" in overage else "_claim_names"
    assert line["details"]["groups"] == "unchanged" and claim in str(line["details"])
    # The administrator's test says the same.
    company.admin_there |= overage
    report = company.test()
    assert "does not list the values of groups" in text_of(report)
    assert "Groups assigned to the application" in report.text
    # A token without the claim and without that sign takes people out, as before.
    provider.person = {"sub": "gil", "email": "gil@corp.example", "email_verified": True}
    assert company.is_in(company.sign_in())
    assert members(company, group) == []
    assert "groups" not in company.audit("user.signed_in")[-1]["details"]


@pytest.mark.parametrize("overage", OVERAGE, ids=["_claim_names", "hasgroups"])
def test_nobody_stays_administrator_by_a_claim_that_is_left_out(company, overage):
    provider = company.provider
    provider.metadata = {"userinfo_endpoint": None}
    roles = {"role_claim": "groups", "roles": "bosses = administrator\nmakers = publisher", "domains": "corp.example"}
    company.set_up(creates_users="on", **roles)
    for name, group, kept in [("gil", "bosses", "viewer"), ("pam", "makers", "publisher")]:
        provider.person = {"sub": name, "email": f"{name}@corp.example", "email_verified": True, "groups": [group]}
        assert company.is_in(company.sign_in())
        provider.person |= overage
        assert company.is_in(company.sign_in())
        people = company.admin.api.ok("GET", "v1/users", params={"prefix": name})["results"]
        assert [one["user_role"] for one in people] == [kept]
        details = company.audit("user.signed_in")[-1]["details"]
        assert details["role"] == ("unchanged" if kept == "publisher" else "viewer")
        assert "does not list the values of groups" in details["cause"]


def test_several_audiences_without_azp_are_accepted_where_we_are_among_them(company):
    provider = company.provider
    company.set_up(creates_users="on", domains="corp.example")
    provider.person = {"sub": "ora", "email": "ora@corp.example", "email_verified": True}
    provider.claims = {"aud": ["https://api.example", provider.client_id]}
    assert company.is_in(company.sign_in())
    provider.claims = {"aud": ["https://api.example", "somebody-else"]}
    refused = company.sign_in(browser=Browser())
    assert refused.status_code == 400 and "another client" in refused.text
