"""The people and rows of the demo. The accounts themselves are the manifests in tenants/."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Viewer:
    email: str
    name: str
    rows: list


@dataclass(frozen=True)
class Account:
    slug: str
    provider: str
    provider_name: str
    client_id: str
    integration: str
    administrator: str
    publisher: str
    viewers: list
    columns: list
    example: str


COLUMNS = ["order_id", "region", "customer", "amount"]

ACME = Account(
    slug="acme",
    provider="databricks",
    provider_name="Databricks",
    client_id="gatehouse-acme",
    integration="Acme lakehouse",
    administrator="ada@acme.example",
    publisher="paul@acme.example",
    viewers=[
        Viewer(
            "vic@acme.example",
            "Vic Viewer",
            [["1001", "North", "Fjord Foods", "1200.00"], ["1004", "North", "Aurora Ltd", "310.50"]],
        ),
        Viewer(
            "vera@acme.example",
            "Vera Viewer",
            [
                ["1002", "South", "Lagoon Inc", "89.90"],
                ["1003", "South", "Palm & Sons", "4410.00"],
                ["1007", "South", "Coral Co", "77.25"],
            ],
        ),
    ],
    columns=COLUMNS,
    example="databricks-app",
)

GLOBEX = Account(
    slug="globex",
    provider="snowflake",
    provider_name="Snowflake",
    client_id="gatehouse-globex",
    integration="Globex warehouse",
    administrator="grace@globex.example",
    publisher="pia@globex.example",
    viewers=[
        Viewer("vlad@globex.example", "Vlad Viewer", [["88", "East", "Initech", "15000.00"]]),
        Viewer(
            "val@globex.example",
            "Val Viewer",
            [["91", "West", "Umbrella", "640.00"], ["92", "West", "Hooli", "2300.75"]],
        ),
    ],
    columns=COLUMNS,
    example="snowflake-app",
)

ACCOUNTS = [ACME, GLOBEX]
