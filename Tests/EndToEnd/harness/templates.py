"""A config for each way in which each template can be used, with keys made for the occasion."""

import functools
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SECRET = "planted-secret-of-the-client"
CLIENT = {"client_id": "client", "client_secret": SECRET}
SERVICE = {"auth_type": "Service Account"}
TENANT = {"tenant_id": "b0b52785-1111-4222-8333-444455556666"}
TYPED = {"authorization_uri": "https://idp.example.com/a", "token_uri": "https://idp.example.com/t"}


@functools.cache
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def service_account_key(**changes) -> str:
    key = {
        "type": "service_account",
        "project_id": "analytics-1",
        "private_key_id": "k1",
        "private_key": private_key(),
        "client_email": "robot@analytics-1.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    return json.dumps({**key, **changes})


def _both(settings: dict) -> list[dict]:
    return [CLIENT | settings, CLIENT | settings | SERVICE, {"client_id": "client", "auth_mode": "Public"} | settings]


def _google() -> list[dict]:
    return [dict(CLIENT), SERVICE | {"service_account_key": service_account_key()}]


def examples() -> list[tuple[str, dict]]:
    aws = {"role_arn": "arn:aws:iam::123456789012:role/analysts", "sts_region": "eu-central-1"}
    signed = {"token_endpoint_auth_method": "private_key_jwt", "private_key": private_key(), "private_key_id": "k1"}
    configs = {
        "aws": [aws, aws | SERVICE | {"session_duration": "900"}],
        "azure": _both(TENANT),
        "azure-openai": _both(TENANT | {"endpoint": "my-resource.openai.azure.com"}),
        "bigquery": _google(),
        "connect": [{"max_role": "Viewer"}],
        "custom": [
            CLIENT | TYPED,
            TYPED | {"client_id": "client", "auth_mode": "Public"},
            TYPED | {"client_id": "client"} | signed,
            CLIENT | SERVICE | {"token_uri": TYPED["token_uri"], "audience": "https://api.example.com"},
        ],
        "databricks": _both({"workspace_host": "dbc-1.cloud.databricks.com"}),
        "drive": _google(),
        "github": [dict(CLIENT), CLIENT | {"host": "octocorp.ghe.com"}],
        "msgraph": _both(TENANT),
        "salesforce": _both({"sf_host_domain": "acme.my.salesforce.com"}),
        "sharepoint": _both(TENANT | {"sharepoint_host": "contoso.sharepoint.com"}),
        "sheets": _google(),
        "snowflake": [CLIENT | {"account_url": "org-account.snowflakecomputing.com"}],
        "vertex-ai": _google(),
    }
    return [(key, config) for key, list_ in configs.items() for config in list_]


def secrets_of(config: dict) -> list[str]:
    """What of a config must never be answered."""
    pem = private_key().splitlines()[1]
    return [SECRET] + ([pem] if {"private_key", "service_account_key"} & set(config) else [])
