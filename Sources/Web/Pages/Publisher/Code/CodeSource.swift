/// How code uses a kind of data source: the template `code-<language>-<key>`, and what it needs.
struct CodeSource: Sendable {
    let key: String
    /// What is installed for it, beside what every app needs.
    let python: [String]
    let r: [String]
    /// The variable of the environment that says where the provider is.
    var variable = ""
    /// What a call of the provider's interface looks like, where the token is sent with HTTP. What stands in braces is
    /// taken from what the data source sets, or is what stands behind the bar, or is the reader's to fill in.
    var url = ""

    /// By the key of the template.
    static func of(_ template: String) -> CodeSource { byTemplate[template] ?? web("https://{YOUR-SERVICE}/api") }

    private static func web(_ url: String) -> CodeSource {
        CodeSource(key: "web", python: ["requests"], r: ["httr2"], url: url)
    }

    private static let byTemplate: [String: CodeSource] = [
        "databricks": CodeSource(
            key: "databricks", python: ["databricks-sdk"], r: ["DBI", "odbc"], variable: "DATABRICKS_HOST"),
        "snowflake": CodeSource(
            key: "snowflake", python: ["snowflake-connector-python"], r: ["DBI", "odbc"],
            variable: "SNOWFLAKE_ACCOUNT"),
        "aws": CodeSource(key: "aws", python: ["boto3"], r: ["paws"], variable: "AWS_REGION"),
        "connect": CodeSource(key: "connect", python: [], r: []),
        "azure": web("https://management.azure.com/subscriptions?api-version=2022-12-01"),
        "azure-openai": web("{AZURE_OPENAI_ENDPOINT}/openai/models?api-version=2024-10-21"),
        "bigquery": web("https://bigquery.googleapis.com/bigquery/v2/projects"),
        "drive": web("https://www.googleapis.com/drive/v3/files?pageSize=10"),
        "github": web("https://api.{GITHUB_HOST|github.com}/user"),
        "msgraph": web("https://graph.microsoft.com/v1.0/me"),
        "salesforce": web("{SALESFORCE_INSTANCE_URL}/services/data/v62.0/sobjects"),
        "sharepoint": web("https://graph.microsoft.com/v1.0/sites?search=*"),
        "sheets": web("https://sheets.googleapis.com/v4/spreadsheets/{YOUR-SPREADSHEET-ID}"),
        "vertex-ai": web(
            "https://{GOOGLE_CLOUD_LOCATION}-aiplatform.googleapis.com/v1/projects/{GOOGLE_CLOUD_PROJECT}/locations/{GOOGLE_CLOUD_LOCATION}/models"
        ),
    ]
}
