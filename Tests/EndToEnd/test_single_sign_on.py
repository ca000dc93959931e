"""Single sign-on: a real OpenID provider (canaille), what an administrator sets, and who comes in as whom."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from harness.browser import Browser, form_with, forms_of
from harness.company import PASSPHRASE, Company, form_to
from harness.gatehouse import CommandFailed
from harness.hunting import spellings
from harness.identity_provider import IdentityProvider
from harness.providers import CanailleProvider

CANAILLE_SCOPES = "openid email profile groups"


@pytest.fixture
def canaille(own_stage):
    return own_stage.keep(CanailleProvider(own_stage.folder("canaille")))


@pytest.fixture
def provider(own_stage):
    return own_stage.keep(IdentityProvider())


@pytest.fixture
def company(server, provider):
    """In force at a provider that names whoever a test says; the administrator is connected."""
    provider.person = {"sub": "somebody-new", "email": "new@corp.example", "email_verified": True}
    return Company(server, provider).set_up(creates_users="on", domains="corp.example")


@pytest.fixture
def at_canaille(server, canaille):
    company = Company(server, canaille)
    base = company.account.url("sign-in")
    canaille.register(base + "/callback", post_logout_redirect_uris=[base])
    canaille.add_user("ada", PASSPHRASE, email=company.admin.email, verified=True)
    domains = f"corp.example {company.account.slug}.example"
    return company.set_up("ada", scopes=CANAILLE_SCOPES, creates_users="on", domains=domains)


# canaille.


def test_somebody_new_is_added_with_name_and_role_and_known_again(at_canaille):
    at_canaille.provider.add_user("nina", PASSPHRASE, email="nina@corp.example", verified=True)
    answer = at_canaille.sign_in("nina")
    assert at_canaille.is_in(answer)
    user = at_canaille.user("nina@corp.example")
    assert user["user_role"] == "viewer" and not user["locked"] and user["confirmed"] is True
    again = at_canaille.sign_in("nina")
    assert at_canaille.is_in(again)
    assert at_canaille.user("nina@corp.example")["guid"] == user["guid"]
    created = [one for one in at_canaille.audit("user.created") if one["details"].get("by") == "single_sign_on"]
    assert [one["details"]["email"] for one in created] == ["nina@corp.example"]
    signed_in = at_canaille.audit("user.signed_in")
    assert {"by": "single_sign_on", "issuer": at_canaille.issuer} in [one["details"] for one in signed_in]


def test_somebody_who_was_invited_is_connected_once_whatever_becomes_of_the_email(at_canaille):
    vic = at_canaille.account.add("publisher", "vic")
    at_canaille.provider.add_user("vic", PASSPHRASE, email=vic.email, verified=True)
    browser = Browser()
    assert at_canaille.is_in(at_canaille.sign_in("vic", browser))
    assert vic.email in browser.get(at_canaille.account.url()).text
    assert "used already" in Browser().get(vic.invite_url).text, "nobody else chooses a password with the old link"
    # Another address at the provider makes nobody else of them, and gives the old address to nobody.
    at_canaille.provider.control("emails", username="vic", email="victoria@corp.example")
    assert at_canaille.is_in(at_canaille.sign_in("vic", browser := Browser()))
    assert vic.email in browser.get(at_canaille.account.url()).text
    assert at_canaille.user("victoria@corp.example") is None
    at_canaille.provider.add_user("mallory", PASSPHRASE, email=vic.email, verified=True)
    refused = at_canaille.sign_in("mallory")
    assert refused.status_code == 403 and "connected with somebody else" in refused.text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"email": "eve@elsewhere.example", "verified": True}, "may not sign in"),
        ({"email": "eve@corp.example.elsewhere.example", "verified": True}, "may not sign in"),
        ({"email": "eve@corp.example"}, "verified"),
    ],
)
def test_a_wrong_domain_and_an_unverified_email_do_not_come_in(at_canaille, given, words):
    at_canaille.provider.add_user("eve", PASSPHRASE, **given)
    browser = Browser()
    refused = at_canaille.sign_in("eve", browser)
    assert refused.status_code == 403 and words in refused.text
    assert at_canaille.user(given["email"]) is None
    assert browser.get(at_canaille.account.url(), follow=False).status_code == 303, "nobody is signed in"
    assert at_canaille.audit("single_sign_on.refused")[-1]["outcome"] == "refused"


def test_a_locked_user_is_told_so_and_stays_out(at_canaille):
    at_canaille.provider.add_user("lou", PASSPHRASE, email="lou@corp.example", verified=True)
    browser = Browser()
    assert at_canaille.is_in(at_canaille.sign_in("lou", browser))
    guid = at_canaille.user("lou@corp.example")["guid"]
    at_canaille.admin.api.ok("POST", f"v1/users/{guid}/lock", json={"locked": True})
    assert browser.get(at_canaille.account.url(), follow=False).status_code == 303, "the session ended"
    refused = at_canaille.sign_in("lou", browser)
    assert refused.status_code == 401 and "locked" in refused.text
    assert browser.get(at_canaille.account.url(), follow=False).status_code == 303


def test_groups_and_roles_follow_the_claims_at_each_sign_in(at_canaille):
    api = at_canaille.admin.api
    groups = {
        name: api.ok("POST", "v1/groups", json={"name": name})["guid"] for name in ("Analysts", "Board", "Others")
    }

    def members(name: str) -> list[str]:
        return [one["email"] for one in api.ok("GET", f"v1/groups/{groups[name]}/members")["results"]]

    rules = {"group_claim": "groups", "groups": "analysts = Analysts\nboard = board", "role_claim": "groups"}
    rules["roles"] = "analysts = publisher\nroot = administrator"
    at_canaille.set_up("ada", **rules)
    more = {"email": "gil@corp.example", "verified": True, "groups": ["analysts"]}
    at_canaille.provider.add_user("gil", PASSPHRASE, **more)
    assert at_canaille.is_in(at_canaille.sign_in("gil"))
    guid = at_canaille.user("gil@corp.example")["guid"]
    assert members("Analysts") == ["gil@corp.example"] and members("Board") == []
    assert at_canaille.user("gil@corp.example")["user_role"] == "publisher"
    # What no rule names is none of the provider's business.
    for name in ("Board", "Others"):
        api.ok("POST", f"v1/groups/{groups[name]}/members", json={"user_guid": guid})
    at_canaille.provider.control("leave", username="gil", group="analysts")
    assert at_canaille.is_in(at_canaille.sign_in("gil"))
    assert members("Analysts") == [] and members("Board") == [] and members("Others") == ["gil@corp.example"]
    assert at_canaille.user("gil@corp.example")["user_role"] == "viewer"
    assert at_canaille.is_in(at_canaille.sign_in("ada"))
    assert at_canaille.user(at_canaille.admin.email)["user_role"] == "administrator", "the last one stays"


def test_signing_out_ends_the_session_here_and_offers_the_provider(at_canaille):
    at_canaille.provider.add_user("otto", PASSPHRASE, email="otto@corp.example", verified=True)
    browser = Browser()
    page = at_canaille.sign_in("otto", browser)
    gone = browser.submit(form_to(page, "/sign-out"))
    assert gone.url.endswith("/sign-in/signed-out") and "signed out" in gone.text
    assert browser.get(at_canaille.account.url(), follow=False).status_code == 303
    address = re.search(r'href="([^"]*end_session[^"]*)"', gone.text)[1].replace("&amp;", "&")
    query = parse_qs(urlsplit(address).query)
    assert query == {
        "client_id": [at_canaille.provider.client_id],
        "post_logout_redirect_uri": [at_canaille.account.url("sign-in")],
    }
    asked = browser.get(address)
    back = browser.submit(next(form for form in forms_of(asked) if form.buttons), button=("answer", "logout"))
    assert back.url.split("?")[0] == at_canaille.account.url("sign-in")


def test_a_key_that_the_provider_changed_is_fetched_anew(at_canaille):
    at_canaille.provider.add_user("kim", PASSPHRASE, email="kim@corp.example", verified=True)
    assert at_canaille.is_in(at_canaille.sign_in("kim"))
    at_canaille.provider.control("rotate")
    assert at_canaille.is_in(at_canaille.sign_in("kim"))


def test_two_accounts_have_two_issuers_and_answers_of_one_are_worth_nothing_at_the_other(at_canaille, provider, server):
    other = Company(server, provider).set_up(creates_users="on", domains="corp.example")
    provider.person = {"sub": "same", "email": "same@corp.example", "email_verified": True}
    at_canaille.provider.add_user("same", PASSPHRASE, email="same@corp.example", verified=True)
    browser = Browser()
    assert at_canaille.is_in(at_canaille.sign_in("same", browser))
    assert browser.get(other.account.url(), follow=False).status_code == 303, "signed in to one account alone"
    assert other.is_in(other.sign_in(None, browser))
    assert at_canaille.user("same@corp.example")["guid"] != other.user("same@corp.example")["guid"]
    fresh = Browser()
    callback = other.callback(fresh, other.start(fresh))
    crossed = fresh.get(callback.replace(other.account.slug, at_canaille.account.slug))
    assert crossed.status_code == 400 and "under way" in crossed.text


# Who is connected with whom.


def test_nobody_is_added_where_only_the_invited_come_in(server, provider):
    company = Company(server, provider).set_up(domains="corp.example")
    provider.person = {"sub": "x", "email": "new@corp.example", "email_verified": True}
    refused = company.sign_in()
    assert refused.status_code == 403 and "invite" in refused.text
    company.admin.api.ok("POST", "v1/users", json={"email": "new@corp.example"})
    assert company.is_in(company.sign_in())


def test_an_administrator_with_a_password_is_not_taken_over_by_an_email(company):
    second = company.account.add("administrator", "second")
    second.accept_invite()
    company.set_up(domains="")
    company.provider.person = {"sub": "thief", "email": second.email, "email_verified": True}
    refused = company.sign_in()
    assert refused.status_code == 403 and "administrator with a password" in refused.text
    # One who was invited and never had one is.
    third = company.account.add("administrator", "third")
    company.provider.person = {"sub": "third", "email": third.email, "email_verified": True}
    assert company.is_in(company.sign_in())


def test_an_email_that_nobody_vouches_for_needs_domains_and_never_opens_an_administrator(server, provider):
    company = Company(server, provider)
    refused = company.save(requires_verified_email=None, domains="")
    assert refused.status_code == 400 and "Name the domains" in refused.text
    company.set_up(requires_verified_email=None, domains="corp.example", creates_users="on")
    invited = company.admin.api.ok(
        "POST", "v1/users", json={"email": "boss@corp.example", "user_role": "administrator"}
    )
    assert invited["email"] == "boss@corp.example"
    provider.person = {"sub": "boss", "email": "boss@corp.example"}
    assert company.sign_in().status_code == 403
    provider.person = {"sub": "viv", "email": "viv@corp.example"}
    assert company.is_in(company.sign_in())


def test_claims_that_the_id_token_lacks_come_from_userinfo_and_only_about_the_same_person(company):
    provider = company.provider
    provider.claims = {"email": None, "email_verified": None}
    provider.user_info = {"sub": "somebody-else", "email": "new@corp.example", "email_verified": True}
    assert company.sign_in().status_code == 400
    provider.user_info["sub"] = "somebody-new"
    assert company.is_in(company.sign_in())


def test_a_disconnected_user_is_out_and_recognised_anew(company):
    assert company.is_in(company.sign_in(browser=(browser := Browser())))
    company.provider.person["sub"] = "came back as another"
    assert company.sign_in().status_code == 403
    guid = company.user("new@corp.example")["guid"]
    page = company.admin.browser.get(company.account.url("single-sign-on/people"))
    assert "new@corp.example" in page.text
    done = company.admin.browser.submit(form_to(page, f"{guid}/disconnect"))
    assert done.status_code == 200 and "new@corp.example" not in done.text
    assert not company.is_in(browser.get(company.account.url())), "it may be the wrong person who is signed in"
    assert company.is_in(company.sign_in())


# The way there and back.


def test_the_button_leads_there_and_back_to_where_somebody_was_headed(company):
    browser = Browser()
    path = f"/accounts/{company.account.slug}/?headed=there"
    page = browser.get(company.account.url("sign-in"), params={"return_to": path})
    assert "Sign in with Corp" in page.text and form_with(page, "email", "password")
    start = re.search(r'href="([^"]*/sign-in/start\?[^"]*)"', page.text)[1].replace("&amp;", "&")
    away = browser.get(company.server.url(start), follow=False)
    query = parse_qs(urlsplit(away.headers["Location"]).query)
    assert query["response_type"] == ["code"] and query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [company.account.url("sign-in/callback")] and query["nonce"] and query["state"]
    back = browser.get(company.callback(browser, away), follow=False)
    assert back.status_code == 303 and back.headers["Location"] == path


def test_an_account_fills_no_browser_with_cookies_of_sign_ins(company):
    browser = Browser()
    for _ in range(60):
        begun = company.start(browser)
    assert 1 < len(browser.cookies_named("gatehouse-sign-in-")) <= 16
    assert company.is_in(company.through_provider(browser, begun)), "the last one is as good as any"


def test_one_address_cannot_begin_sign_ins_without_end(company):
    url = company.account.url("sign-in/start")

    def begin(address: str) -> requests.Response:
        return away.get(url, headers={"X-Forwarded-For": address}, allow_redirects=False)

    with requests.Session() as away:
        begun = 0
        while (answer := begin("198.51.100.7")).is_redirect:
            away.cookies.clear()
            begun += 1
            assert begun <= 2000
        assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0, answer.text[:500]
        assert "too many" in answer.text.lower() and begun > 100
        assert begin("198.51.100.8").is_redirect, "nobody else is kept out"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_led_astray(company, target):
    browser = Browser()
    back = browser.get(company.callback(browser, company.start(browser, return_to=target)), follow=False)
    assert back.headers["Location"] == f"/accounts/{company.account.slug}/"


def test_somebody_else_may_begin_a_sign_in_and_nothing_more(company):
    browser = Browser()
    begun = company.start(browser, iss=company.issuer, login_hint="x", target_link_uri="https://evil.example/")
    assert begun.status_code == 303 and begun.headers["Location"].startswith(company.issuer)
    other = company.start(browser, iss="https://evil.example")
    assert other.status_code == 400 and "sign-in page" in other.text


def test_answers_that_nobody_asked_for_are_refused_on_a_page_that_says_what_to_do(company):
    browser = Browser()

    def refused(url: str, by: Browser = browser) -> None:
        answer = by.get(url, follow=False)
        assert answer.status_code == 400, f"{answer.status_code} {url}"
        assert "/sign-in" in answer.text and "<h1>" in answer.text
        assert by.get(company.account.url(), follow=False).status_code == 303, "nobody is signed in"

    callback = company.account.url("sign-in/callback")
    for query in (
        "",
        "?code=x",
        "?code=x&state=y",
        "?state=y&state=z&code=x",
        "?error=access_denied",
        "?id_token=x.y.z",
    ):
        refused(callback + query)
    # Another browser; then, consumed, not even its own.
    stolen = company.callback(browser, company.start(browser))
    refused(stolen, Browser())
    refused(stolen)
    # Replayed.
    used = company.callback(browser, company.start(browser))
    other = Browser()
    other.session.cookies.update(browser.session.cookies)
    assert browser.get(used, follow=False).status_code == 303
    refused(used, other)
    # A code of another flow: PKCE, or the nonce, holds it.
    first, second = Browser(), Browser()
    mine, theirs = company.callback(first, company.start(first)), company.callback(second, company.start(second))
    code = parse_qs(urlsplit(theirs).query)["code"][0]
    refused(re.sub(r"code=[^&]*", "code=" + code, mine), first)


def test_a_flow_ends_when_the_settings_change_or_its_time_is_over(company):
    browser = Browser()
    callback = company.callback(browser, company.start(browser))
    company.set_up(label="Another word")
    assert "changed in the meantime" in browser.get(callback).text
    late = company.callback(browser, company.start(browser))
    company.server.restart(clock_offset=601)
    try:
        assert browser.get(late).status_code == 400
    finally:
        company.server.restart()


# The administrator.


def test_nothing_is_in_force_before_a_test(server, provider):
    company = Company(server, provider)
    assert company.start(Browser()).status_code == 404
    assert "Sign in with Corp" not in Browser().get(company.account.url("sign-in")).text
    company.save(role_claim="roles", roles="admins = administrator")
    assert company.start(Browser()).status_code == 404
    company.admin_there |= {"roles": ["admins", "x"], "given_name": "Ann", "family_name": "Other", "sub": "subject-1"}
    tested = company.test()
    for word in ("ada@corp.example", "verified", "Ann Other", "admins, x", "administrator", "nonce", "subject-1"):
        assert word in tested.text, word
    assert not any(token in tested.text for token in provider.tokens)
    assert company.start(Browser()).status_code == 404, "a test puts nothing in force"
    changed = company.save(label="Other words", role_claim="", roles="")
    assert "What came of your test" not in changed.text
    refused = company.admin.browser.post(
        company.account.url("single-sign-on/use"),
        {**form_to(company.page(), "single-sign-on/test").fields},
        headers={"Origin": company.server.base_url},
    )
    assert refused.status_code == 400 and "Test these settings first" in refused.text
    assert company.start(Browser()).status_code == 404


def test_a_test_is_the_administrators_own(server, provider):
    company = Company(server, provider)
    company.save()
    start = company.admin.browser.submit(form_to(company.page(), "single-sign-on/test"), follow=False)
    callback = company.callback(company.admin.browser, start)
    second = company.account.add("administrator")
    second.accept_invite()
    second.browser.session.cookies.update(
        {name: value for name, value in company.admin.browser.session.cookies.items() if "sign-in" in name}
    )
    assert second.browser.get(callback).status_code == 400


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"issuer": "http://idp.example.com"}, "https"),
        ({"issuer": "https://169.254.169.254/"}, "issuer"),
        ({"issuer": "nonsense"}, "issuer"),
        ({"issuer": ""}, "issuer"),
        ({"client_id": ""}, "client_id"),
        ({"scopes": "email"}, "openid must be among the scopes"),
        ({"domains": "not a domain!"}, "is no domain"),
        ({"role_claim": "roles"}, "Say what the values"),
        ({"roles": "x = administrator"}, "Name the claim"),
        ({"role_claim": "r", "roles": "x = emperor"}, "is no role"),
        ({"role_claim": "r", "roles": "x"}, "equals sign"),
        ({"group_claim": "g", "groups": "x = Nobody's"}, "There is no group"),
        ({"default_role": "administrator"}, "viewer or publisher"),
        ({"label": "x" * 61}, "too long"),
        ({"client_secret": "x" * 5000}, "too long"),
        ({"label": "<script>alert(1)</script>", "scopes": "\N{PILE OF POO}"}, "plain letters"),
    ],
)
def test_what_cannot_work_is_said_beside_its_field_and_nothing_typed_is_lost(server, provider, fields, words):
    company = Company(server, provider)
    answer = company.save(**{"label": "Keep me", **fields})
    assert answer.status_code == 400 and words in answer.text, answer.text[:6000]
    kept = form_with(answer, "issuer", "client_id")
    assert kept.fields["label"] == fields.get("label", "Keep me")
    assert provider.client_secret not in answer.text and "<script>alert" not in answer.text
    assert company.start(Browser()).status_code == 404


def test_another_issuer_needs_the_secret_again(company, own_stage):
    other = own_stage.keep(IdentityProvider())
    refused = company.save(issuer=other.issuer, client_secret="")
    assert refused.status_code == 400 and "again" in refused.text
    kept = company.save(client_secret="", label="Other words")
    assert kept.status_code == 200 and "The settings are kept" in kept.text


def test_passwords_go_off_only_when_nobody_is_locked_out(server, provider):
    company = Company(server, provider).set_up(creates_users="on", domains="corp.example")
    vic = company.account.add("viewer")
    vic.accept_invite()
    refused = company.press("passwords-off")
    assert refused.status_code == 400 and "emergencies" in refused.text
    assert company.is_in(vic.browser.get(company.account.url()))
    refused = company.press("emergency", email=vic.email)
    assert refused.status_code == 400 and "must be an administrator" in refused.text
    assert company.press("emergency", email=company.admin.email).status_code == 200
    done = company.press("passwords-off")
    assert done.status_code == 200 and "Passwords are off" in done.text
    assert not company.is_in(vic.browser.get(company.account.url())), "who came in by a password alone is out"
    assert company.is_in(company.admin.browser.get(company.account.url()))

    page = Browser().get(company.account.url("sign-in"))
    assert "Sign in with Corp" in page.text and not [f for f in forms_of(page) if "password" in f.fields]
    link = re.search(r'href="([^"]*with=password[^"]*)"', page.text)[1].replace("&amp;", "&")

    def by_password(person) -> int:
        browser = Browser()
        form = form_with(browser.get(company.server.url(link)), "email", "password")
        return browser.submit(form, follow=False, email=person.email, password=person.password).status_code

    assert by_password(vic) == 401
    assert by_password(company.admin) == 303
    invited = company.account.add("viewer")
    refused = invited.accept_invite()
    assert refused.status_code == 400 and "Passwords are off" in refused.text

    # The way back cannot be given away.
    refused = company.press("emergency", remove=company.admin.email)
    assert refused.status_code == 400
    second = company.account.add("administrator")
    path = f"v1/users/{company.admin.guid}/lock"
    assert second.api("POST", path, json={"locked": True}).status_code == 400
    with pytest.raises(CommandFailed, match="emergencies"):
        company.server.command("user", "role", company.account.slug, company.admin.email, "viewer")
    assert by_password(company.admin) == 303

    shown = server.json("account", "single-sign-on", "show", company.account.slug)
    assert shown["passwords"] is False and shown["emergency"] == [company.admin.email]
    shown = server.json("account", "single-sign-on", "allow-passwords", company.account.slug)
    assert shown["passwords"] is True and shown["issuer"] == provider.issuer
    assert by_password(vic) == 303
    shown = server.json("account", "single-sign-on", "off", company.account.slug)
    assert shown["issuer"] is None
    assert company.start(Browser()).status_code == 404


def test_passwords_stay_while_the_administrator_has_not_signed_in_there(company):
    second = company.account.add("administrator")
    second.accept_invite()
    company.press("emergency", email=company.admin.email)
    page = second.browser.get(company.account.url("single-sign-on"))
    refused = second.browser.submit(form_to(page, "single-sign-on/passwords-off"))
    assert refused.status_code == 400 and "Test these settings first" in refused.text


def test_a_manifest_sets_it_up_and_again_changes_nothing(server, provider, tmp_path):
    company = Company(server, provider)
    manifest = {
        "groups": [{"name": "Analysts"}],
        "single_sign_on": {
            "issuer": provider.issuer, "client_id": provider.client_id, "client_secret": {"env": "SSO_SECRET"},
            "label": "Corp", "creates_users": True, "group_claim": "groups", "groups": {"a": "Analysts"},
        },
    }  # fmt: skip
    file = tmp_path / "account.json"
    file.write_text(json.dumps(manifest))
    command = ("account", "apply", company.account.slug, "--file", str(file), "--json")
    environment = {"SSO_SECRET": provider.client_secret}
    server.command(*command, environment=environment)
    provider.person = {"sub": "n", "email": "n@any.example", "email_verified": True, "groups": ["a"]}
    assert company.is_in(company.sign_in())
    assert json.loads(server.command(*command, environment=environment))["changes"] == []
    file.write_text(json.dumps({"single_sign_on": None}))
    server.command(*command)
    assert company.start(Browser()).status_code == 404


# Secrets.


def test_no_secret_reaches_a_page_the_audit_the_log_or_the_file(company):
    for _ in range(2):
        assert company.is_in(company.sign_in())
    company.page()
    company.provider.claims = {"nonce": "another"}
    company.sign_in()
    secrets = [company.provider.client_secret, *company.provider.tokens, *company.provider.codes]
    assert len(secrets) > 5
    hunted = {form for one in secrets for form in spellings(one)}
    own = company.server.base_url
    for entry in company.server.journal.of(own):
        assert not [form for form in hunted if form in entry.answer], entry.url
    lines = json.dumps(company.admin.api.ok("GET", "v1/audit_logs", params={"limit": 500})).encode()
    assert not [form for form in hunted if form in lines]
    log = company.server.logs.encode()
    assert not [form for form in hunted if form in log]
    for path in (company.server.data / company.account.slug).glob("account.sqlite*"):
        assert not [form for form in hunted if form in path.read_bytes()], path.name


def test_every_change_leaves_its_line(company):
    company.press("emergency", email=company.admin.email)
    company.press("passwords-off")
    company.press("passwords-on")
    company.press("off")
    changes = [one["details"]["change"] for one in company.audit("single_sign_on.changed")]
    assert sorted(changes) == ["in_force", "off", "passwords_off", "passwords_on", "settings"]
    assert len(company.audit("single_sign_on.tested")) == 1
    assert company.audit("single_sign_on.break_glass_changed")[0]["details"]["named"] is True
    assert company.audit("user.identity_linked")[0]["details"]["by"] == "test"
