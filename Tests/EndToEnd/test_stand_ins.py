"""The stand-ins by themselves behave as the other tests rely on: the generic provider, AWS, the webhook receiver."""

import base64
import datetime
import time

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from harness import seeded
from harness.aws import AUDIENCE
from harness.listener import Listener
from harness.waiting import DEADLINE_SECONDS
from harness.webhook_receiver import HANG


@pytest.fixture
def provider(own_stage):
    provider = own_stage.simulator("generic")
    provider.register("https://app.example.com/callback")
    provider.add_user("vera")
    return provider


def basic(provider) -> tuple[str, str]:
    return provider.client_id, provider.client_secret


def token(provider, auth=None, **form) -> requests.Response:
    return requests.post(provider.issuer + "/token", data=form, auth=auth or basic(provider), timeout=DEADLINE_SECONDS)


def log_in(provider) -> dict:
    provider.set(require_pkce=False)
    redirect_uri = "https://app.example.com/callback"
    query = {"response_type": "code", "client_id": provider.client_id, "redirect_uri": redirect_uri}
    query["scope"] = "read offline_access"
    url = requests.Request("GET", provider.issuer + "/authorize", params=query).prepare().url
    code = provider.authorize_as("vera", url).split("code=")[1].split("&")[0]
    answer = token(provider, grant_type="authorization_code", code=code, redirect_uri=redirect_uri)
    assert answer.status_code == 200, answer.text
    return answer.json()


# The generic provider.


def test_a_client_acting_as_itself_gets_no_refresh_token(provider):
    answer = token(provider, grant_type="client_credentials", scope="read")
    assert answer.status_code == 200 and "refresh_token" not in answer.json()
    assert provider.whoami(answer.json()["access_token"]) == provider.client_id
    assert provider.counters()["client_credentials_grants"] == 1
    wrong = token(provider, (provider.client_id, "wrong"), grant_type="client_credentials")
    assert wrong.status_code == 401 and wrong.json()["error"] == "invalid_client"


def test_databricks_gives_a_service_principal_an_hour_and_snowflake_gives_it_nothing(own_stage):
    databricks, snowflake = own_stage.simulator("databricks"), own_stage.simulator("snowflake")
    form = {"grant_type": "client_credentials", "scope": "all-apis"}
    databricks.register()
    path = databricks.origin + "/oidc/v1/token"
    given = requests.post(path, data=form, auth=basic(databricks), timeout=DEADLINE_SECONDS).json()
    assert given["expires_in"] == 3600 and "refresh_token" not in given
    assert databricks.whoami(given["access_token"]) == databricks.client_id
    without = requests.post(
        path, data={"grant_type": "client_credentials"}, auth=basic(databricks), timeout=DEADLINE_SECONDS
    )
    assert without.json()["error"] == "invalid_scope"
    snowflake.register()
    path = snowflake.origin + "/oauth/token-request"
    refused = requests.post(path, data=form, auth=basic(snowflake), timeout=DEADLINE_SECONDS)
    assert refused.status_code == 400 and refused.json()["error"] == "unsupported_grant_type"
    assert snowflake.counters()["client_credentials_refused"] == 1


def test_revoking_a_refresh_token_ends_the_login(provider):
    given = log_in(provider)
    assert provider.whoami(given["access_token"]) == "vera"
    path = provider.issuer + "/revoke"
    form = {"token": given["refresh_token"], "token_type_hint": "refresh_token"}
    assert (
        requests.post(path, data=form, auth=(provider.client_id, "wrong"), timeout=DEADLINE_SECONDS).status_code == 401
    )
    assert provider.token_state(given["refresh_token"])["live"]
    assert requests.post(path, data=form, auth=basic(provider), timeout=DEADLINE_SECONDS).status_code == 200
    assert provider.token_state(given["refresh_token"]) == {
        "known": True,
        "token_type": "refresh_token",
        "live": False,
        "revoked": True,
    }
    assert provider.whoami(given["access_token"]) is None
    assert [one["token"] for one in provider.revocations()] == [given["refresh_token"]]
    assert (
        requests.post(path, data={"token": "unknown"}, auth=basic(provider), timeout=DEADLINE_SECONDS).status_code
        == 200
    )
    refreshed = token(provider, grant_type="refresh_token", refresh_token=given["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"


def test_revoking_an_access_token_ends_that_one_only(provider):
    given = log_in(provider)
    path = provider.issuer + "/revoke"
    assert requests.post(path, data={"token": given["access_token"]}, auth=basic(provider), timeout=DEADLINE_SECONDS).ok
    assert provider.whoami(given["access_token"]) is None
    assert provider.token_state(given["refresh_token"])["live"]


def test_revocation_fails_on_demand(provider):
    given = log_in(provider)
    provider.fault("revoke", "status", status=503)
    path, form = provider.issuer + "/revoke", {"token": given["refresh_token"]}
    assert requests.post(path, data=form, auth=basic(provider), timeout=DEADLINE_SECONDS).status_code == 503
    assert provider.token_state(given["refresh_token"])["live"]
    assert provider.counters()["revocation_requests"] == 1 and provider.counters()["revocations"] == 0


CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@pytest.fixture(params=["RS256", "ES256"])
def signing(request, provider):
    """Signs a JWT of the client, which has this key and no secret."""
    made = RSAKey.generate_key(2048) if request.param == "RS256" else ECKey.generate_key("P-256")
    provider.register_key(made.as_pem(private=True).decode(), key_id="one")

    def sign(key=made, **claims) -> str:
        now = int(time.time())
        told = {
            "iss": provider.client_id,
            "sub": provider.client_id,
            "aud": provider.issuer + "/token",
            "jti": seeded.uuid4(),
            "iat": now,
            "exp": now + 60,
            **claims,
        }
        told = {name: value for name, value in told.items() if value is not None}
        return jwt.encode({"alg": request.param, "kid": "one"}, told, key, algorithms=["RS256", "ES256"])

    sign.forger = type(made).generate_key(2048 if request.param == "RS256" else "P-256")
    return sign


def as_client(provider, assertion: str, **form) -> requests.Response:
    form = {"grant_type": "client_credentials", "client_assertion_type": CLIENT_ASSERTION, **form}
    return requests.post(
        provider.issuer + "/token", data={**form, "client_assertion": assertion}, timeout=DEADLINE_SECONDS
    )


def test_a_client_proves_itself_by_a_signed_assertion(provider, signing):
    assertion = signing()
    given = as_client(provider, assertion, scope="read")
    assert given.status_code == 200, given.text
    assert provider.whoami(given.json()["access_token"]) == provider.client_id
    assert as_client(provider, assertion).status_code == 401, "an assertion works once"
    assert assertion in provider.issued()["assertions"]
    with_id_only = {"grant_type": "client_credentials", "client_id": provider.client_id}
    assert requests.post(provider.issuer + "/token", data=with_id_only, timeout=DEADLINE_SECONDS).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [{"aud": "https://elsewhere.example"}, {"exp": 1_000_000_000}, {"exp": None}, {"sub": "another"}, {"iss": "x"}],
    ids=str,
)
def test_an_assertion_that_does_not_fit_is_refused(provider, signing, changed):
    refused = as_client(provider, signing(**changed))
    assert refused.status_code == 401 and refused.json()["error"] == "invalid_client"


def test_a_forged_assertion_is_refused(provider, signing):
    assert as_client(provider, signing(signing.forger)).status_code == 401
    form = {"grant_type": JWT_BEARER, "assertion": signing(signing.forger)}
    assert requests.post(provider.origin + "/token", data=form, timeout=DEADLINE_SECONDS).status_code == 400
    assert provider.counters()["assertion_refused"] == 1


def test_an_assertion_is_a_grant_of_its_own(provider, signing):
    form = {"grant_type": JWT_BEARER, "assertion": signing(aud=provider.origin + "/token", scope="read", jti=None)}
    given = requests.post(provider.origin + "/token", data=form, timeout=DEADLINE_SECONDS)
    assert given.status_code == 200 and given.json()["scope"] == "read"
    assert provider.whoami(given.json()["access_token"]) == provider.client_id
    assert provider.counters()["assertion_grants"] == 1


METADATA = {
    "inserted": "/.well-known/oauth-authorization-server/tenant",
    "appended": "/tenant/.well-known/oauth-authorization-server",
    "openid": "/tenant/.well-known/openid-configuration",
}


@pytest.mark.parametrize("place", METADATA)
def test_metadata_is_where_it_is_told_to_be(provider, place):
    provider.set(metadata_at=[place])
    for other, path in METADATA.items():
        answer = requests.get(provider.origin + path, timeout=DEADLINE_SECONDS)
        assert answer.status_code == (200 if other == place else 404)
    document = requests.get(provider.origin + METADATA[place], timeout=DEADLINE_SECONDS).json()
    assert document["issuer"] == provider.issuer
    assert document["revocation_endpoint"] == provider.issuer + "/revoke"


def test_metadata_lies_on_demand(provider):
    url = provider.origin + METADATA["inserted"]

    def told(lie: str) -> requests.Response:
        provider.set(metadata_lie=lie)
        return requests.get(url, timeout=DEADLINE_SECONDS, allow_redirects=False)

    assert told("issuer").json()["issuer"] != provider.issuer
    assert told("redirect").status_code == 302
    assert len(told("too_large").content) > 10_000_000
    assert told("refused_endpoint").json()["token_endpoint"].startswith("https://169.254.169.254/")
    assert "token_endpoint" not in told("no_token_endpoint").json()
    assert "html" in told("not_json").headers["Content-Type"]


@pytest.mark.parametrize(
    "path",
    [
        "/token",
        "/common/oauth2/v2.0/token",
        "/login/oauth/access_token",
        "/services/oauth2/token",
    ],
)
def test_it_answers_at_other_vendors_paths(provider, path):
    form = {"grant_type": "client_credentials"}
    assert (
        requests.post(provider.origin + path, data=form, auth=basic(provider), timeout=DEADLINE_SECONDS).status_code
        == 200
    )


# AWS.


class OwnIssuer:
    """An issuer of the test's own, to see what STS refuses."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
        self.listener = Listener({})
        self.url = self.listener.origin.replace("127.0.0.1", "localhost")
        keys = KeySet([self.key]).as_dict(private=False)
        # One document for both addresses: discovery and key set.
        self.listener.answer = {"issuer": self.url, "jwks_uri": self.url + "/keys", **keys}

    def sign(self, key: RSAKey | None = None, **claims) -> str:
        now = int(time.time())
        told = {"iss": self.url, "aud": AUDIENCE, "sub": "somebody", "iat": now, "exp": now + 60, **claims}
        return jwt.encode({"alg": "RS256", "kid": "one"}, told, key or self.key)


@pytest.fixture(scope="module")
def aws(stage):
    return stage.aws()


@pytest.fixture(scope="module")
def issuer(stage, aws):
    issuer = OwnIssuer()
    stage.keep(issuer.listener)
    aws.trust(issuer.url)
    return issuer


def assume(aws, role: str, web_identity: str) -> dict:
    sts = aws.client("sts")
    return sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="test", WebIdentityToken=web_identity)


def test_sts_gives_credentials_for_a_genuine_token(aws, issuer):
    role = aws.make_role("genuine", issuer.url)
    given = assume(aws, role, issuer.sign())["Credentials"]
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], "us-east-1")
    whoami = session.client("sts", endpoint_url=aws.origin).get_caller_identity()
    assert whoami["Arn"].endswith("assumed-role/genuine/test")
    assert "WebIdentityToken" in aws.asked()[-1]


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("InvalidIdentityToken", {"aud": "somebody-else"}),
        ("InvalidIdentityToken", {"iss": "https://evil.example.com"}),
        ("ExpiredTokenException", {"exp": 1_000_000_000}),
        ("AccessDenied", {"sub": "another"}),
    ],
)
def test_sts_refuses_what_aws_would_refuse(aws, issuer, code, changed):
    role = aws.make_role("of-somebody-" + next(iter(changed)), issuer.url, sub="somebody")
    with pytest.raises(ClientError) as refused:
        assume(aws, role, issuer.sign(**changed))
    assert refused.value.response["Error"]["Code"] == code


def test_sts_refuses_a_forged_signature_and_an_unknown_role(aws, issuer):
    role = aws.make_role("forged", issuer.url)
    forger = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
    for arn, web_identity in ((role, issuer.sign(forger)), (role + "x", issuer.sign())):
        with pytest.raises(ClientError):
            assume(aws, arn, web_identity)


# The webhook receiver.

SECRET = "whsec_" + base64.b64encode(b"a key of the test's own, 32 byte").decode()


def post(receiver, body: bytes = b'{"type":"x"}', secret: str = SECRET, **more) -> requests.Response:
    now = datetime.datetime.now(datetime.UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body.decode()),
    }
    return requests.post(receiver.url, data=body, headers=headers, timeout=more.get("timeout", DEADLINE_SECONDS))


def test_the_receiver_verifies_signatures(own_stage):
    receiver = own_stage.webhook_receiver()
    assert post(receiver).status_code == 200
    assert receiver.accepted[0].verify(SECRET) == {"type": "x"}
    assert receiver.accepted[0].is_signed_with(SECRET)
    post(receiver, secret="whsec_" + base64.b64encode(b"another").decode())
    with pytest.raises(WebhookVerificationError):
        receiver.accepted[1].verify(SECRET)
    assert not receiver.accepted[1].is_signed_with(SECRET)


def test_the_receiver_fails_hangs_and_comes_back(own_stage):
    receiver = own_stage.webhook_receiver()
    receiver.behaviour = [500, HANG]
    assert post(receiver).status_code == 500
    with pytest.raises(requests.RequestException):
        post(receiver, timeout=0.5)
    receiver.await_attempts(2)
    receiver.down()
    with pytest.raises(requests.ConnectionError):
        post(receiver)
    receiver.up()
    assert post(receiver).status_code == 200
    assert [one.status for one in receiver.deliveries] == [500, None, 200]
    assert len(receiver.accepted) == 1
