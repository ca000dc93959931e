import Accounts

extension Resource {
    static let sessions = Resource(
        "sessions", "Logins of viewers at providers. Tokens never leave by these.",
        schemas: [
            "Session": .object([
                "id": .id, "guid": .guid, "user_guid": .guid, "oauth_integration_guid": .guid,
                "has_refresh_token": .flag, "created_time": .time, "updated_time": .time,
            ])
        ],
        [
            Operation(
                .get, "/v1/oauth/sessions", "List the caller's sessions, or for administrators all", for: .viewer,
                parameters: [.query("all", .loudFlag)], answers: .json(.list(of: .ref("Session")))),
            Operation(
                .get, "/v1/oauth/sessions/{guid}", "Get a session", for: .viewer, answers: .json(.ref("Session"))),
            Operation(
                .delete, "/v1/oauth/sessions/{guid}", "End a session and forget its tokens", for: .viewer,
                answers: .noContent),
        ]
    )
}
