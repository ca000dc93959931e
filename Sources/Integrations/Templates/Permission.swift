/// What a scope lets content do, in words for the person who is asked.
public struct Permission: Sendable, Equatable {
    /// What the provider calls it; empty for what goes without saying.
    public let scope: String
    /// What it means; nil where this server does not know.
    public let words: String?

    /// The permissions that scopes ask for, in their order.
    static func of(_ scopes: [String], _ template: String) -> [Permission] {
        let named = scopes.map { Permission(scope: $0, words: words(for: $0, template)) }
        guard template == "snowflake", !scopes.contains(where: { $0.hasPrefix("session:role") }) else { return named }
        return [Permission(scope: "", words: "Work with your default role, and see what it may see")] + named
    }

    private static func words(for scope: String, _ template: String) -> String? {
        if let own = ofTemplates[template]?[scope] ?? common[scope] { return own }
        if template == "snowflake", scope.hasPrefix("session:role:") {
            return "Work with your role \(scope.dropFirst("session:role:".count)), and see what it may see"
        }
        // Microsoft's word for all that was agreed on for a registered application, behind the resource's address.
        if scope.hasSuffix("/.default"), let resource = microsoft.first(where: { scope.hasPrefix($0.address) }) {
            return "Use \(resource.name) as you, as far as your organization has agreed"
        }
        for prefix in graphPrefixes where scope.hasPrefix(prefix) {
            return ofTemplates["msgraph"]?[String(scope.dropFirst(prefix.count))]
        }
        return nil
    }

    /// OpenID Connect Core, section 5.4, and the words for refresh tokens.
    private static let common = [
        "openid": "Know who you are at the provider", "profile": "See your name and picture",
        "email": "See your email address", "address": "See your postal address", "phone": "See your phone number",
        "offline_access": renewal, "refresh_token": renewal,
    ]
    private static let renewal = "Stay logged in: access is renewed without asking you each time"

    private static let ofTemplates: [String: [String: String]] = [
        "databricks": [
            "all-apis": "Do in Databricks whatever you yourself may do there",
            "sql": "Query the data in Databricks that you may see",
        ],
        "snowflake": ["session:role-any": "Work with any of your roles, and see what they may see"],
        "salesforce": [
            "api": "See and change the data in Salesforce that you may see and change",
            "full": "Do in Salesforce whatever you yourself may do there", "id": "Know who you are at Salesforce",
            "web": "Use Salesforce's web pages as you",
        ],
        "github": [
            "repo": "See and change the repositories that you may see and change, private ones too",
            "public_repo": "See and change your public repositories", "read:org": "See your organizations and teams",
            "read:user": "See your profile", "user": "See and change your profile",
            "user:email": "See your email addresses", "gist": "See and change your gists",
            "workflow": "Change workflows of GitHub Actions", "read:packages": "Download your packages",
        ],
        "msgraph": graph, "sharepoint": graph, "azure": graph,
        "bigquery": google, "drive": google, "sheets": google, "vertex-ai": google,
    ]

    private static let google = [
        "https://www.googleapis.com/auth/bigquery": "See and change the data in BigQuery that you may see and change",
        "https://www.googleapis.com/auth/bigquery.readonly": "See the data in BigQuery that you may see",
        "https://www.googleapis.com/auth/cloud-platform": "Do in Google Cloud whatever you yourself may do there",
        "https://www.googleapis.com/auth/drive": "See, change and delete your files in Google Drive",
        "https://www.googleapis.com/auth/drive.readonly": "See your files in Google Drive",
        "https://www.googleapis.com/auth/drive.file": "See and change the files that you open with it",
        "https://www.googleapis.com/auth/spreadsheets": "See, change and delete your spreadsheets in Google Sheets",
        "https://www.googleapis.com/auth/spreadsheets.readonly": "See your spreadsheets in Google Sheets",
        "https://www.googleapis.com/auth/userinfo.email": "See your email address",
        "https://www.googleapis.com/auth/userinfo.profile": "See your name and picture",
    ]

    private static let graph = [
        "User.Read": "See your profile", "User.Read.All": "See everybody's profile",
        "Files.Read": "See your files", "Files.Read.All": "See all files that you may see",
        "Files.ReadWrite": "See and change your files", "Files.ReadWrite.All": "See and change all files that you may",
        "Sites.Read.All": "See the SharePoint sites that you may see",
        "Sites.ReadWrite.All": "See and change the SharePoint sites that you may", "Mail.Read": "Read your mail",
        "Mail.Send": "Send mail as you", "Calendars.Read": "See your calendars",
        "Calendars.ReadWrite": "See and change your calendars", "Group.Read.All": "See the groups that you may see",
    ]

    private static let graphPrefixes = [
        "https://graph.microsoft.com/", "https://graph.microsoft.us/", "https://microsoftgraph.chinacloudapi.cn/",
    ]

    private static let microsoft: [(address: String, name: String)] =
        graphPrefixes.map { ($0, "Microsoft 365") } + [
            ("https://management.azure.com/", "Azure"), ("https://management.usgovcloudapi.net/", "Azure"),
            ("https://management.chinacloudapi.cn/", "Azure"),
            ("https://cognitiveservices.azure.com/", "Azure OpenAI"),
            ("https://cognitiveservices.azure.us/", "Azure OpenAI"),
            ("https://cognitiveservices.azure.cn/", "Azure OpenAI"),
        ]
}
