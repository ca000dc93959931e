"""A provider's host that many accounts use: what one of them makes of it is that one's trouble alone."""

from harness.account import CONTENT_SESSION_TOKEN


def test_one_account_does_not_close_a_providers_host_for_another(server, own_stage):
    provider = own_stage.simulator("databricks")
    victim, attacker = server.create_account(), server.create_account()
    publisher = victim.add("publisher")
    content = victim.add_content(publisher, victim.add_service_account(provider))
    token = publisher.content_session_token(content)
    # Any page of the vendor's that is no token endpoint will do. Each integration is left alone after one failure.
    for number in range(12):
        bad = attacker.integrate(
            "custom",
            name=f"Bad {number}",
            auth_type="Service Account",
            token_uri=f"http://{provider.host}/no/such/page",
            client_id="x",
            client_secret="y",
        )
        attacker.admin.api("POST", f"v1/oauth/integrations/{bad['guid']}/verify")
    answer = publisher.api.exchange(token, subject_token_type=CONTENT_SESSION_TOKEN)
    assert answer.status_code == 200, answer.text
