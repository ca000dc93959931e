import Accounts
import Integrations
import JSON
import Storage

extension Resource {
    static let content = Resource(
        "content", "What publishers deploy, who may open it, and which integrations it uses.",
        schemas: [
            "Content": contentAnswer,
            "Permission": .object([
                "id": .id, "content_guid": .guid, "principal_guid": .guid, "principal_type": .principalKind,
                "role": .level,
            ]),
        ],
        [
            Operation(
                .get, "/v1/content", "List the content that the caller may see", for: .viewer,
                parameters: [
                    .query("name", .text), .query("owner_guid", .text),
                    .query("include", .text.described("Separated by commas: `owner` adds the owner.")),
                ],
                answers: .json(.list(of: .ref("Content")))),
            Operation(
                .post, "/v1/content", "Create content", for: .publisher, body: .json(.body([:], optional: fields)),
                answers: .json(.ref("Content")), refusals: [.unknownAccessType]),
            Operation(
                .get, "/v1/content/{guid}", "Get a content", for: .viewer, answers: .json(.ref("Content"))),
            Operation(
                .patch, "/v1/content/{guid}", "Change a content", for: .publisher,
                body: .json(.body([:], optional: changes)), answers: .json(.ref("Content")),
                refusals: [.unknownAccessType, .accessTypeNotAllowed]),
            Operation(
                .delete, "/v1/content/{guid}", "Delete a content with all that hangs on it", for: .publisher,
                answers: .noContent),
        ] + permissions + [
            Operation(
                .get, "/v1/content/{guid}/oauth/integrations/associations", "List the integrations that a content uses",
                for: .publisher, answers: .json(.list(of: .ref("Association")))),
            Operation(
                .put, "/v1/content/{guid}/oauth/integrations/associations",
                "Make these the integrations that a content uses", for: .publisher,
                body: .json(.list(of: .object(["oauth_integration_guid": .guid]), atMost: Associations.maximum)),
                answers: .json(.list(of: .ref("Association"))),
                refusals: [.association, .integrationGUID, .duplicates]),
        ]
    )

    private static let permissions: [Operation] = {
        let choice = Parameter.path(
            "id", .any(of: [.id, .guid]).described("Its id, or the GUID of the user or group whom it names."))
        return [
            Operation(
                .get, "/v1/content/{guid}/permissions", "List who may open a content", for: .publisher,
                answers: .json(.list(of: .ref("Permission")))),
            Operation(
                .post, "/v1/content/{guid}/permissions", "Let a user or group open a content", for: .publisher,
                body: .json(
                    .body(
                        ["principal_guid": .guid],
                        optional: ["principal_type": .principalKind, "role": .level, "send_email": .no])),
                answers: .json(.ref("Permission"))),
            Operation(
                .get, "/v1/content/{guid}/permissions/{id}", "Get a permission", for: .publisher,
                parameters: [choice], answers: .json(.ref("Permission"))),
            Operation(
                .put, "/v1/content/{guid}/permissions/{id}", "Change what a user or group may do", for: .publisher,
                parameters: [choice],
                body: .json(
                    .body(
                        ["role": .level],
                        optional: ["principal_guid": .guid, "principal_type": .principalKind, "send_email": .no])),
                answers: .json(.ref("Permission"))),
            Operation(
                .delete, "/v1/content/{guid}/permissions/{id}", "Take a user or group off a content", for: .publisher,
                parameters: [choice], answers: .noContent),
        ]
    }()

    private static let fields: KeyValuePairs<String, Schema> = [
        "name": .contentName.described("Unique for its owner; made up when absent."), "title": .title,
        "description": .paragraph, "access_type": .accessType, "upstream_url": .upstream,
    ]

    private static let changes: KeyValuePairs<String, Schema> = [
        "name": .contentName, "title": .title, "description": .paragraph, "access_type": .accessType,
        "upstream_url": .upstream, "owner_guid": .guid,
    ]

    private static let contentAnswer: Schema = {
        var schema = Schema.object(
            [
                "id": .id, "guid": .guid, "name": .text, "title": .text, "description": .text,
                "access_type": .accessType, "owner_guid": .guid, "created_time": .time, "updated_time": .time,
                "app_role": .word(of: ["owner", "editor", "viewer"]), "content_url": .address.orNull,
                "dashboard_url": .address, "locked": .flag, "locked_message": .text,
                "app_mode": .text.described("The kind of content; unknown before anything was deployed."),
                "bundle_id": .id.orNull, "last_deployed_time": .time.orNull, "r_version": .text.orNull,
                "py_version": .text.orNull, "quarto_version": .text.orNull,
            ],
            optional: [
                "upstream_url": .address.orNull.described("For those who may change it."),
                "owner": .object(["guid": .guid, "username": .text, "first_name": .text, "last_name": .text]),
            ])
        for name in Answers.absent { schema.add(name, .null.described("Gatehouse has no such thing.")) }
        return schema
    }()
}

extension Schema {
    fileprivate static let contentName = text(pattern: TextRules.contentNamePattern)
    fileprivate static let accessType = word(of: AccessType.allCases.map(\.rawValue))
    fileprivate static let level = word(of: ContentPermissionRecord.Level.allCases.map(\.rawValue))
    fileprivate static let principalKind = word(of: ["user", "group"])
    fileprivate static let no = Schema(["type": "boolean", "const": false])
    fileprivate static let upstream = text.described("Where it runs, such as http://127.0.0.1:9001; empty: nowhere.")
}
