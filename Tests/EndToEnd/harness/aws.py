"""AWS on this machine: moto's STS and IAM in a process of its own, roles that trust an issuer, and boto3 on it."""

import json
from pathlib import Path

import boto3
import requests
from botocore.config import Config

from .process import PythonServer
from .waiting import DEADLINE_SECONDS, free_port

REGION = "us-east-1"
AUDIENCE = "sts.amazonaws.com"
AWS_ACCOUNT = "123456789012"


class Aws:
    def __init__(self, folder: Path) -> None:
        port = free_port()
        # By name: outbound calls never go to addresses that were typed as numbers.
        self.host = f"localhost:{port}"
        self.origin = f"http://{self.host}"
        self.child = PythonServer("sts_server.py", port, folder)

    def control(self, action: str, **body) -> dict:
        answer = requests.post(f"{self.origin}/control/{action}", json=body, timeout=DEADLINE_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def client(self, service: str, credentials: dict | None = None):
        """A boto3 client of this AWS; without credentials the account's own administrator."""
        given = credentials or {"aws_access_key_id": "AKIAADMINISTRATOR", "aws_secret_access_key": "secret"}
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        return boto3.client(
            service,
            endpoint_url=self.origin,
            region_name=REGION,
            config=Config(retries={"max_attempts": 1}),
            **{name: given[name] for name in names if name in given},
        )

    def trust(self, issuer: str, audience: str = AUDIENCE) -> None:
        """Make the issuer an OIDC provider of the AWS account."""
        self.control("oidc-provider", issuer=issuer, audiences=[audience])

    def make_role(self, name: str, issuer: str, **conditions: str) -> str:
        """A role for whoever the issuer vouches for, under conditions on claims (aud, sub); answers its ARN."""
        short = issuer.removeprefix("https://").removeprefix("http://")
        wanted = {f"{short}:{claim}": value for claim, value in ({"aud": AUDIENCE} | conditions).items()}
        statement = {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{AWS_ACCOUNT}:oidc-provider/{short}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": wanted},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        made = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))
        return made["Role"]["Arn"]

    def asked(self) -> list[dict]:
        """The parameters of each AssumeRoleWithWebIdentity, with `method` and whether the request was `signed`."""
        return self.control("asked")["asked"]

    def tokens(self) -> list[str]:
        return [one["WebIdentityToken"] for one in self.asked() if "WebIdentityToken" in one]

    def refuse(self, code: str, message: str = "No.", status: int = 400, times: int = 1) -> None:
        self.control("faults", code=code, message=message, status=status, times=times)

    def clear_faults(self) -> None:
        self.control("clear-faults")

    def move_clock(self, seconds: int) -> None:
        self.control("clock", offset=seconds)

    def stop(self) -> None:
        self.child.stop()
