import Accounts
import JSON

extension Resource {
    static let server = Resource(
        "server", "The server itself; nothing of any account.",
        schemas: [
            "Error": .object([
                "code": .word(of: ErrorCode.allCases).described("What programs branch on."),
                "error": .text.described("A sentence that says what to do."),
                "payload": Schema(["type": ["object", "null"]]).described("More for programs, such as the field."),
            ])
        ],
        health + [
            Operation(
                .get, OpenAPIDocument.path, "This document", for: .anyone,
                answers: .json(
                    .object([
                        "openapi": .word(of: [OpenAPIDocument.version]), "info": .map(of: .text),
                        "servers": .list(of: .map(of: .text)), "tags": .list(of: .map(of: .text)),
                        "paths": .map(of: .anything), "components": .map(of: .anything),
                    ]))),
            Operation(
                .get, "/server_settings", "The version that clients gate their features on", for: .anyone,
                answers: .json(.object(["version": .text]))),
        ] + ServerRoutes.languages.map(installations) + [
            Operation(
                .get, "/applications/{id}", "Get the GUID of a content by its number, for older clients", for: .viewer,
                answers: .json(
                    .object([
                        "id": .integer(from: 1), "guid": .guid, "name": .text, "title": .text,
                        "bundle_id": .integer(from: 1).orNull,
                    ])))
        ]
    )

    private static let health = [
        Operation(.get, "/__ping__", "Whether the server answers", for: .anyone, answers: .json(.object([:]))),
        Operation(
            .get, "/healthz", "Whether the process lives", for: .anyone,
            answers: .json(.object(["status": .word(of: ["ok"])]))),
        Operation(
            .get, "/readyz", "Whether the server takes work", for: .anyone,
            answers: .json(.object(["status": .word(of: ["ready"])])),
            .json(
                .object([
                    "status": .word(of: ["unavailable"]),
                    "reason": .word(of: Readiness.Obstacle.allCases.map(\.rawValue)), "error": .text,
                ]), "It shuts down, has run out of something, or cannot write its folder.", status: 503)),
    ]

    private static func installations(_ language: String) -> Operation {
        Operation(
            .get, "/v1/server_settings/\(language)", "What is installed for content to run in: nothing", for: .viewer,
            answers: .json(
                .object(["installations": .list(of: .anything), "api_enabled": .flag], optional: ["enabled": .flag])))
    }
}

extension Schema {
    /// One of these codes.
    fileprivate static func word(of codes: [ErrorCode]) -> Schema {
        Schema(["type": "integer", "enum": .array(codes.map { .integer(Int64($0.rawValue)) })])
    }
}
