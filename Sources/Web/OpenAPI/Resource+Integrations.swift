import Accounts
import Integrations
import JSON

extension Resource {
    static let integrations = Resource(
        "integrations", "Data sources: OAuth clients of the account, and the templates they are made from.",
        schemas: [
            "Template": .object([
                "id": .template, "name": .text, "description": .text, "sections": .list(of: section),
                "options": .list(of: option), "fields": .list(of: field), "environment_variables": .list(of: .text),
            ]),
            "VisibilityExpression": .one(of: [
                .object(["name": .text, "value": Schema(["type": ["string", "boolean"]])]),
                .object([
                    "operator": .word(of: ["and", "or", "not"]), "operands": .list(of: .ref("VisibilityExpression")),
                ]),
            ]),
            "Integration": .object(
                [
                    "id": .id, "guid": .guid, "created_time": .time, "updated_time": .time, "name": .text,
                    "description": .text, "template": .template, "auth_type": .authType,
                    "config": .object([:]).described("What was configured, without any secret."),
                    "permissions": .list(of: permission).described("Who may attach it; empty: every publisher."),
                    "environment_variables": .list(of: .object(["name": .text, "value": .text])),
                    "redirect_uri": .address.orNull.described("To be registered at the provider."),
                    "warnings": .list(of: .text),
                ], optional: ["content_count": .integer(from: 0).described("For administrators.")]),
            "Association": .object([
                "app_guid": .guid.described("An older name of content_guid."), "content_guid": .guid,
                "oauth_integration_guid": .guid, "oauth_integration_name": .text,
                "oauth_integration_description": .text, "oauth_integration_template": .template,
                "oauth_integration_auth_type": .authType, "created_time": .time,
                "permitted": .flag.described("Whether the content's owner might attach it today."),
            ]),
        ],
        [
            Operation(
                .get, "/v1/oauth/templates", "List the templates", for: .publisher,
                answers: .json(.list(of: .ref("Template")))),
            Operation(
                .get, "/v1/oauth/templates/{key}", "Get a template", for: .publisher, answers: .json(.ref("Template"))),
            Operation(
                .get, "/v1/oauth/integrations", "List the integrations, oldest first", for: .publisher,
                answers: .json(.list(of: .ref("Integration")))),
            Operation(
                .get, "/v1/oauth/integrations/{guid}", "Get an integration", for: .publisher,
                answers: .json(.ref("Integration"))),
            Operation(
                .post, "/v1/oauth/integrations", "Add an integration", for: .administrator,
                body: .json(
                    .body(
                        [
                            "name": .name, "template": .template,
                            "config": .object([:]).described("The keys of the template."),
                        ], optional: changes)),
                answers: .json(.ref("Integration")), refusals: configRefusals + [.unknownTemplate]),
            Operation(
                .patch, "/v1/oauth/integrations/{guid}", "Change an integration", for: .administrator,
                body: .json(changed), answers: .json(.ref("Integration")),
                refusals: configRefusals + [.prohibitedChange]),
            Operation(
                .delete, "/v1/oauth/integrations/{guid}", "Delete an integration; its sessions and associations end",
                for: .administrator, answers: .noContent),
            Operation(
                .get, "/v1/oauth/integrations/{guid}/associations", "List the content that uses an integration",
                for: .administrator, answers: .json(.list(of: .ref("Association")))),
            Operation(
                .post, "/v1/oauth/integrations/{guid}/verify", "Have a service account fetch a token",
                for: .administrator,
                answers: .json(
                    .object([
                        "verified": .flag,
                        "expires_in": .integer(from: 0).orNull.described("Seconds that the token would last."),
                    ])),
                refusals: [.verifyNotPossible, .serviceAccountFailed, .templateConfig, .refreshFailed]),
        ]
    )

    private static let configRefusals: [ErrorCode] = [
        .integrationName, .integrationDescription, .templateConfig, .clientID, .clientSecret, .duplicates,
    ]

    private static let changes: KeyValuePairs<String, Schema> = [
        "description": .paragraph, "permissions": .list(of: principal),
    ]

    private static let changed: Schema = {
        var schema = Schema.body(
            [:],
            optional: [
                "name": .name, "description": .paragraph,
                "config": .object([:]).described("Keys to set; null takes one away."),
                "permissions": .list(of: principal),
            ])
        for name in IntegrationRoutes.readOnly {
            schema.add(name, .anything.described("Ignored: what GET answers may be sent back."))
        }
        return schema
    }()

    private static let principal = Schema.one(of: [
        .object(["user_guid": .guid], optional: ["group_guid": .null]),
        .object(["group_guid": .guid], optional: ["user_guid": .null]),
    ])

    private static let permission = Schema.object([
        "id": .id, "guid": .guid, "integration_guid": .guid, "user_guid": .guid.orNull, "group_guid": .guid.orNull,
    ])

    private static let section = Schema.object([
        "id": .integer(from: 1), "order": .integer(from: 1), "name": .text, "label": .text, "description": .text,
        "items": .list(of: .text),
    ])

    private static let option = Schema.object([
        "name": .text, "description": .text, "order": .integer(from: 1), "label": .text,
        "type": .word(of: ["bool", "select"]), "values": .list(of: Schema(["type": ["string", "boolean"]])),
        "default": Schema(["type": ["string", "boolean", "null"]]),
        "visibility_expression": .ref("VisibilityExpression").orNull,
    ])

    private static let field = Schema.object([
        "name": .text, "description": .text, "order": .integer(from: 1), "label": .text,
        "validation": .text(format: "regex").orNull, "validation_description": .text.orNull, "secret": .flag,
        "multiline": .flag, "default": Schema(["type": ["string", "null"]]),
        "visibility_expression": .ref("VisibilityExpression").orNull,
    ])
}

extension Schema {
    static let template = word(of: Template.all.map(\.key))
    static let authType = word(of: AuthType.allCases.map(\.rawValue))
}
