import Accounts
import JSON
import Storage

extension Resource {
    static let runtime = Resource(
        "runtime", "What content is started with.",
        schemas: ["Variable": .object(["name": .text, "value": .text])],
        [
            Operation(
                .get, "/v1/content/{guid}/runtime", "Get the environment of a content, and its session token",
                for: .publisher,
                answers: .json(
                    .object([
                        "environment": .list(of: .ref("Variable")), "content_session_token": .text,
                        "expires_at": .time, "expires_in": .integer(from: 0), "warnings": .list(of: .text),
                    ])))
        ]
    )

    static let workbench = Resource(
        "workbench", "IDEs get tokens as from Posit Workbench, with a cookie of a session.",
        schemas: [
            "WorkbenchSession": workbenchSession,
            "NewWorkbenchSession": {
                var schema = workbenchSession
                schema.add("rpc_cookie", .text.described("Shown this once."), isRequired: true)
                schema.add("environment", .list(of: .ref("Variable")), isRequired: true)
                return schema
            }(),
            "WorkbenchIntegration": .object([
                "uid": .guid, "name": .text, "display_name": .text, "type": .template, "client_id": .text,
                "auth_url": .text, "token_url": .text, "scopes": .list(of: .text), "issuer": .text,
                "authenticated": .flag,
            ]),
            "Fault": .object(["error": .text]).described("A sentence that clients show."),
        ],
        [
            Operation(
                .get, "/v1/workbench/sessions", "List the caller's sessions, or for administrators all", for: .viewer,
                parameters: [.query("all", .loudFlag)], answers: .json(.list(of: .ref("WorkbenchSession")))),
            Operation(
                .post, "/v1/workbench/sessions", "Open a session", for: .viewer,
                body: .json(
                    .body([:], optional: ["user_guid": .guid, "hours": .integer(WorkbenchSessions.hours)]),
                    isRequired: false),
                answers: .json(.ref("NewWorkbenchSession"))),
            Operation(
                .delete, "/v1/workbench/sessions/{guid}", "End a session", for: .viewer, answers: .noContent),
        ]
            + rpc(
                "/oauth_token", "Get a token of the session's user",
                body: .json(.object(["kwparams": .object(["uuid": .text])])),
                answer: .any(of: [
                    .object(["access_token": .text, "expiry": .time]),
                    .object(["reason": .text, "message": .text]).described("The user has no login there."),
                    .ref("Fault"),
                ]))
            + rpc(
                "/oauth_integrations", "List the integrations that users log in to",
                answer: .object([
                    "providers": .list(
                        of: .object(["type": .template, "integrations": .list(of: .ref("WorkbenchIntegration"))]))
                ]))
            + rpc("/delegated_azure_token", "Says that there are none", answer: .ref("Fault"))
    )

    private static let workbenchSession = Schema.object([
        "guid": .guid, "user_guid": .guid, "created_time": .time, "expires_at": .time, "active_time": .time.orNull,
    ])

    /// Python's client sends GET with a body, R's sends POST.
    private static func rpc(_ path: String, _ summary: String, body: Body? = nil, answer: Schema) -> [Operation] {
        [Operation.Method.get, .post].map { method in
            Operation(
                method, path, summary, for: .workbench, body: body, answers: .json(answer), refusals: [.parameter])
        }
    }
}
