import Cryptography
import JSON
import Testing

@testable import Integrations

/// A config for each way in which each template can be used.
enum TemplateExamples {
    static let key = (try? PrivateKey.generate(.rsa2048).pem()) ?? SecretString("")

    static let serviceAccountKey = googleKey()

    static func googleKey(_ changes: JSONObject = [:]) -> String {
        let key: JSONObject = [
            "type": "service_account", "project_id": "analytics-1", "private_key_id": "k1",
            "private_key": .string(key.reveal()), "client_email": "robot@analytics-1.iam.gserviceaccount.com",
            "token_uri": "https://evil.example/token",
        ]
        return JSON.object(key.merging(changes).withoutNulls).text()
    }

    private static let client: JSONObject = ["client_id": "client", "client_secret": "the secret"]
    private static let service: JSONObject = ["auth_type": "Service Account"]
    private static let tenant: JSONObject = ["tenant_id": "b0b52785-1111-4222-8333-444455556666"]
    private static let typed: JSONObject = [
        "authorization_uri": "https://idp.example.com/a", "token_uri": "https://idp.example.com/t",
    ]

    /// Both ways of a template whose service accounts have the same secret.
    private static func both(_ settings: JSONObject) -> [JSONObject] {
        [
            client.merging(settings), client.merging(settings).merging(service),
            settings.merging(["client_id": "client", "auth_mode": "Public"]),
        ]
    }

    private static let google: [JSONObject] = [
        client, service.merging(["service_account_key": .string(serviceAccountKey)]),
    ]

    static let all: [(key: String, configs: [JSONObject])] = [
        (
            "aws",
            [
                ["role_arn": "arn:aws:iam::123456789012:role/analysts", "sts_region": "eu-central-1"],
                [
                    "auth_type": "Service Account", "role_arn": "arn:aws-cn:iam::123456789012:role/a/b",
                    "region": "cn-north-1", "session_duration": 900, "session_name": "reports",
                ],
            ]
        ),
        ("azure", both(tenant)), ("azure-openai", both(tenant.merging(["endpoint": "x.openai.azure.com"]))),
        ("bigquery", google), ("connect", [["max_role": "Publisher"]]),
        (
            "custom",
            [
                client.merging(typed),
                typed.merging(["client_id": "client", "auth_mode": "Public"]),
                typed.merging([
                    "client_id": "client", "token_endpoint_auth_method": "private_key_jwt",
                    "private_key": .string(key.reveal()), "private_key_id": "k1",
                ]),
                client.merging(service).merging([
                    "token_uri": "https://idp.example.com/t", "audience": "https://api.example.com",
                ]),
            ]
        ),
        ("databricks", both(["workspace_host": "dbc-1.cloud.databricks.com"])), ("drive", google),
        ("github", [client, client.merging(["host": "octocorp.ghe.com"])]),
        ("msgraph", both(tenant)), ("salesforce", both(["sf_host_domain": "acme.my.salesforce.com"])),
        ("sharepoint", both(tenant) + both(tenant.merging(["sharepoint_host": "contoso.sharepoint.com"]))),
        ("sheets", google), ("snowflake", [client.merging(["account_url": "a-b.snowflakecomputing.com"])]),
        ("vertex-ai", google),
    ]

    /// The first config of a template.
    static func first(_ key: String) -> JSONObject { all.first { $0.key == key }?.configs.first ?? [:] }

    static var each: [(String, JSONObject)] { all.flatMap { entry in entry.configs.map { (entry.key, $0) } } }
}
