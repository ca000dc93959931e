"""AWS by web identity: Gatehouse signs who asks, STS checks that as AWS does, boto3 uses what comes of it."""

import base64
import datetime
import json

import pytest
from joserfc.errors import JoseError
from posit.connect.errors import ClientError
from posit.connect.external import aws as connect_aws

from harness.account import AWS_CREDENTIALS, CONTENT_SESSION_TOKEN
from harness.aws import AUDIENCE
from harness.issuer import Issuer
from harness.sdk import client_of


class Cloud:
    """An account that AWS trusts, a content with a role, and a viewer."""

    def __init__(self, server, aws, auth_type: str = "Viewer", role: str | None = None, **config) -> None:
        self.server, self.aws, self.account = server, aws, server.create_account()
        self.issuer = Issuer(self.account.url().rstrip("/"))
        aws.trust(self.issuer.issuer)
        role = role or aws.make_role(f"analysts-{self.account.slug}", self.issuer.issuer)
        self.publisher, self.viewer = self.account.add("publisher"), self.account.add("viewer")
        self.viewer.accept_invite()
        given = {"auth_type": auth_type, "role_arn": role, "sts_region": "us-east-1", "sts_endpoint": aws.host}
        self.integration = self.account.integrate("aws", **(given | config))
        self.content = self.account.add_content(self.publisher, self.integration)
        if auth_type == "Viewer":
            self.token, self.kind = self.viewer.session_token(self.content), {}
        else:
            self.token = self.publisher.content_session_token(self.content)
            self.kind = {"subject_token_type": CONTENT_SESSION_TOKEN}

    def exchange(self, **more):
        more = {"requested_token_type": AWS_CREDENTIALS, **self.kind, **more}
        return self.publisher.api.exchange(self.token, **more)

    def refused(self, code: int, **more) -> dict:
        more = {"requested_token_type": AWS_CREDENTIALS, **self.kind, **more}
        return self.publisher.api.exchange_refused(code, self.token, **more)

    def statement(self) -> str:
        """The last token that Gatehouse signed."""
        return self.aws.tokens()[-1]


@pytest.fixture(scope="module")
def aws(stage):
    return stage.aws()


@pytest.fixture
def cloud(server, aws):
    return Cloud(server, aws)


def test_boto3_uses_what_posit_sdk_gets_for_the_viewer(cloud):
    credentials = connect_aws.get_credentials(client_of(cloud.publisher), cloud.token)
    assert credentials["expiration"] > datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    whoami = cloud.aws.client("sts", credentials).get_caller_identity()
    assert f"assumed-role/analysts-{cloud.account.slug}/" in whoami["Arn"]
    s3 = cloud.aws.client("s3", credentials)
    s3.create_bucket(Bucket=f"of-{cloud.account.slug}")
    s3.put_object(Bucket=f"of-{cloud.account.slug}", Key="report", Body=b"rows")
    assert s3.get_object(Bucket=f"of-{cloud.account.slug}", Key="report")["Body"].read() == b"rows"


def test_boto3_uses_what_content_gets_for_itself(server, aws):
    cloud = Cloud(server, aws, "Service Account")
    credentials = connect_aws.get_content_credentials(client_of(cloud.publisher), cloud.token)
    assert aws.client("sts", credentials).get_caller_identity()["Arn"]


def test_the_answer_is_base64_of_four_members(cloud):
    answer = cloud.exchange()
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    body = answer.json()
    assert body["token_type"] == "aws_credentials" and body["issued_token_type"] == AWS_CREDENTIALS
    # STS names a moment, and its second may begin after the one in which Gatehouse asked.
    assert 0 < body["expires_in"] <= 3600 + 5
    decoded = json.loads(base64.b64decode(body["access_token"], validate=True))
    assert set(decoded) == {"accessKeyId", "secretAccessKey", "sessionToken", "expiration"}
    assert all(decoded.values())
    assert not [one for one in decoded.values() if one in cloud.server.logs]


def test_sts_is_asked_without_a_signature_for_the_configured_role(server, aws):
    cloud = Cloud(server, aws, session_duration="900", session_name="reports")
    assert cloud.exchange().status_code == 200
    asked = aws.asked()[-1]
    assert asked["method"] == "POST" and not asked["signed"], "no AWS key is needed"
    assert asked["RoleArn"] == cloud.integration["config"]["role_arn"]
    assert asked["DurationSeconds"] == "900" and asked["RoleSessionName"] == "reports"
    assert cloud.exchange().json()["expires_in"] <= 900 + 5


def test_credentials_are_used_again_until_they_near_their_end(cloud):
    tokens = {cloud.exchange().json()["access_token"] for _ in range(5)}
    assert len(tokens) == 1


# The issuer.


def test_discovery_and_keys_are_those_of_openid(cloud):
    assert cloud.exchange().status_code == 200
    document = cloud.issuer.discovery()
    assert document["issuer"] == cloud.issuer.issuer == f"{cloud.server.base_url}/accounts/{cloud.account.slug}"
    for required in ("response_types_supported", "subject_types_supported", "id_token_signing_alg_values_supported"):
        assert document[required], "OpenID Connect Discovery, section 3"
    keys = cloud.issuer.jwks()["keys"]
    assert keys and len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert key["use"] == "sig" and key["kty"] in ("RSA", "EC")
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key), "public halves only"


def test_keys_are_published_before_anything_is_signed(server):
    """A service that reads the keys when it is set up keeps them for hours."""
    issuer = Issuer(server.create_account().url().rstrip("/"))
    assert issuer.jwks()["keys"]


def test_an_unknown_account_is_no_issuer(server):
    for path in (".well-known/openid-configuration", "oidc/jwks"):
        assert server.get(f"/accounts/nobody-here/{path}").status_code == 404


def test_a_statement_says_who_asks_and_verifies(cloud):
    assert cloud.exchange().status_code == 200
    header, claims = cloud.issuer.verify(cloud.statement(), AUDIENCE)
    assert header["kid"] in [key["kid"] for key in cloud.issuer.jwks()["keys"]]
    assert cloud.viewer.guid in claims["sub"]
    assert 0 < claims["exp"] - claims["iat"] <= 600
    other = cloud.account.add("viewer")
    other.accept_invite()
    cloud.token = other.session_token(cloud.content)
    assert cloud.exchange().status_code == 200
    assert other.guid in cloud.issuer.verify(cloud.statement(), AUDIENCE)[1]["sub"]


def test_a_statement_for_content_names_the_content(server, aws):
    cloud = Cloud(server, aws, "Service Account")
    assert cloud.exchange().status_code == 200
    assert cloud.content["guid"] in cloud.issuer.verify(cloud.statement(), AUDIENCE)[1]["sub"]


def test_statements_verify_before_and_after_a_rotation(cloud):
    assert cloud.exchange().status_code == 200
    old = cloud.statement()
    old_header, _ = cloud.issuer.verify(old, AUDIENCE)
    upcoming = {key["kid"] for key in cloud.issuer.jwks()["keys"]}
    cloud.server.command("account", "rotate-signing-key", cloud.account.slug, "--now")
    assert cloud.exchange(headers={"Cache-Control": "no-cache"}).status_code == 200
    new = cloud.statement()
    new_header, _ = cloud.issuer.verify(new, AUDIENCE)
    assert new_header["kid"] != old_header["kid"]
    assert new_header["kid"] in upcoming, "it was published before it signed, for those who keep the keys"
    assert cloud.issuer.verify(old, AUDIENCE)[0]["kid"] == old_header["kid"], "the old one still verifies"
    assert cloud.aws.client("sts", decode(cloud.exchange())).get_caller_identity()["Arn"]


def decode(answer) -> dict:
    given = json.loads(base64.b64decode(answer.json()["access_token"]))
    return {
        "aws_access_key_id": given["accessKeyId"],
        "aws_secret_access_key": given["secretAccessKey"],
        "aws_session_token": given["sessionToken"],
    }


def test_keys_outlive_a_restart(own_stage):
    cloud = Cloud(own_stage.gatehouse(), own_stage.aws())
    assert cloud.exchange().status_code == 200
    statement, keys = cloud.statement(), cloud.issuer.jwks()
    cloud.server.restart()
    assert cloud.issuer.jwks() == keys
    cloud.issuer.verify(statement, AUDIENCE)


def test_each_account_signs_with_keys_of_its_own(server, aws):
    first, second = Cloud(server, aws), Cloud(server, aws)
    assert first.exchange().status_code == second.exchange().status_code == 200
    kids = [{key["kid"] for key in one.issuer.jwks()["keys"]} for one in (first, second)]
    assert not kids[0] & kids[1]
    with pytest.raises((JoseError, ValueError)):
        first.issuer.verify(second.statement(), AUDIENCE)


def test_a_role_that_trusts_another_account_is_denied(server, aws):
    trusted = Cloud(server, aws)
    thief = Cloud(server, aws, role=trusted.integration["config"]["role_arn"])
    error = thief.refused(248)
    assert "AccessDenied" in error["error"] or "Not authorized" in error["error"]


# Refusals.


def test_a_trust_policy_may_name_a_viewer(server, aws):
    cloud = Cloud(server, aws)
    assert cloud.exchange().status_code == 200
    _, claims = cloud.issuer.verify(cloud.statement(), AUDIENCE)
    only = aws.make_role(f"only-{cloud.account.slug}", cloud.issuer.issuer, sub=claims["sub"])
    path = f"v1/oauth/integrations/{cloud.integration['guid']}"
    cloud.account.admin.api.ok("PATCH", path, json={"config": {"role_arn": only}})
    assert cloud.exchange().status_code == 200
    other = cloud.account.add("viewer")
    other.accept_invite()
    cloud.token = other.session_token(cloud.content)
    cloud.refused(248)


def test_another_audience_is_refused_by_sts(server, aws):
    cloud = Cloud(server, aws, audience="somebody.else.example")
    error = cloud.refused(248)
    assert "audience" in error["error"]
    assert error["payload"]["integration_guid"] == cloud.integration["guid"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("InvalidIdentityToken", 400),
        ("ExpiredTokenException", 400),
        ("AccessDenied", 403),
        ("IDPCommunicationError", 400),
    ],
)
def test_what_sts_refuses_is_248_in_its_words(cloud, code, status):
    cloud.aws.refuse(code, "It is <not> & will not be", status)
    error = cloud.refused(248)
    assert code in error["error"] and error["payload"]["reason"]
    assert cloud.exchange().status_code == 200


def test_an_sts_that_fails_is_248_and_recovers(own_stage):
    cloud = Cloud(own_stage.gatehouse(), own_stage.aws())
    cloud.aws.refuse("InternalFailure", "later", 500, times=20)
    assert cloud.refused(248)["payload"]["reason"]
    cloud.aws.clear_faults()
    cloud.server.restart(clock_offset=60)
    cloud.aws.move_clock(60)
    assert cloud.exchange().status_code == 200


def test_an_sts_that_is_gone_is_248(own_stage):
    cloud = Cloud(own_stage.gatehouse(), own_stage.aws())
    cloud.aws.stop()
    cloud.refused(248)


def test_a_statement_of_another_time_is_refused(own_stage):
    """Nothing here trusts tokens for ever: STS says no when the clocks are an hour apart."""
    cloud = Cloud(own_stage.gatehouse(), own_stage.aws())
    cloud.aws.move_clock(3600)
    assert "Expired" in cloud.refused(248)["error"]


def test_posit_sdk_shows_the_code(cloud):
    cloud.aws.refuse("AccessDenied", "Not authorized", 403)
    with pytest.raises(ClientError) as refused:
        connect_aws.get_credentials(client_of(cloud.publisher), cloud.token)
    assert refused.value.error_code == 248


def test_other_tokens_than_credentials_are_refused(cloud, server, aws):
    cloud.refused(249, requested_token_type=None)
    cloud.refused(249, requested_token_type="urn:posit:connect:api-key")
    itself = Cloud(server, aws, "Service Account")
    viewer = itself.account.add("viewer")
    viewer.accept_invite()
    token = viewer.session_token(itself.content)
    itself.publisher.api.exchange_refused(237, token, requested_token_type=AWS_CREDENTIALS)


def test_verify_asks_sts_and_shows_nothing(server, aws):
    cloud = Cloud(server, aws, "Service Account")
    path = f"v1/oauth/integrations/{cloud.integration['guid']}/verify"
    answer = cloud.account.admin.api("POST", path)
    assert answer.status_code == 200 and "secret" not in answer.text.lower()
    aws.refuse("AccessDenied", "Not authorized", 403)
    refused = cloud.account.admin.api("POST", path)
    assert refused.json()["code"] == 248


@pytest.mark.parametrize(
    "config",
    [
        {"sts_endpoint": "sts.amazonaws.com.example.org"},
        {"sts_endpoint": "my-bucket.s3.amazonaws.com"},
        {"sts_endpoint": "169.254.169.254"},
        {"role_arn": "arn:aws:iam::123:role/x"},
        {"session_duration": "60"},
        {"session_duration": "86400"},
        {"sts_region": "evil.example/"},
    ],
    ids=str,
)
def test_a_config_that_leads_elsewhere_is_refused(server, account, config):
    given = {"role_arn": "arn:aws:iam::123456789012:role/x", "sts_region": "us-east-1", "auth_type": "Viewer"}
    body = {"name": "AWS", "description": "", "template": "aws", "config": given | config}
    error = account.admin.api.refused(400, 228, "POST", "v1/oauth/integrations", json=body)
    assert error["payload"]["field"] == next(iter(config))
