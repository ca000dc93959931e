import Accounts
import Integrations
import JSON

extension Resource {
    static let deployments = Resource(
        "deployments", "Bundles, what is registered of them, and the variables that content runs with.",
        schemas: [
            "Bundle": .object([
                "id": .id, "content_guid": .guid, "created_time": .time, "active": .flag, "size": .integer(from: 0),
                "r_version": .text.orNull, "py_version": .text.orNull, "quarto_version": .text.orNull,
                "cluster_name": .null, "image_name": .null, "r_environment_management": .null,
                "py_environment_management": .null,
                "metadata": .map(of: .text.orNull).described("Where it comes from, as its uploader said."),
            ]),
            "Task": .object([
                "id": .guid, "output": .list(of: .text), "finished": .flag, "code": .integer(from: 0), "error": .text,
                "last": .integer(from: 0), "result": .null,
            ]),
        ],
        bundles + variables + [
            deploy("deploy", "Register a bundle as what is deployed"),
            deploy("build", "Say what a deployment would; nothing is built here"),
            Operation(
                .get, "/v1/tasks/{guid}", "Get what a deployment said", for: .viewer,
                parameters: [
                    .query("first", .integer(0...BundleRoutes.mostLines).described("Lines before it are left out.")),
                    .query("wait", .integer(0...BundleRoutes.longestWait)),
                ],
                answers: .json(.ref("Task"))),
        ]
    )

    private static let bundles = [
        Operation(
            .post, "/v1/content/{guid}/bundles", "Upload a bundle", for: .publisher,
            body: .archive(
                .object(
                    [
                        "archive": .binary.described("A gzip-compressed tar archive with manifest.json.")
                    ], optional: ["metadata": .text.described("An object of texts, as JSON.")])),
            answers: .json(.ref("Bundle")), refusals: [.formUnreadable, .formMissing, .tooManyRequests]),
        Operation(
            .get, "/v1/content/{guid}/bundles", "List the bundles, newest first", for: .publisher,
            answers: .json(.list(of: .ref("Bundle")))),
        Operation(
            .get, "/v1/content/{guid}/bundles/{id}", "Get a bundle", for: .publisher, answers: .json(.ref("Bundle"))),
        Operation(
            .delete, "/v1/content/{guid}/bundles/{id}", "Delete a bundle", for: .publisher, answers: .noContent,
            refusals: [.bundleActive]),
        Operation(
            .get, "/v1/content/{guid}/bundles/{id}/download", "Download a bundle", for: .publisher,
            answers: Answer(
                status: 200, description: "The bytes that were uploaded.", media: "application/gzip", schema: .binary,
                headers: [.init(name: "Content-Disposition", schema: .text, description: "The file's name.")])),
    ]

    private static let variables = [
        Operation(
            .get, "/v1/content/{guid}/environment", "List the names of the variables", for: .publisher,
            answers: .json(.list(of: .text))),
        change(.patch, "Set or remove variables; the others stay"), change(.put, "Replace all variables"),
    ]

    private static func change(_ method: Operation.Method, _ summary: String) -> Operation {
        Operation(
            method, "/v1/content/{guid}/environment", summary, for: .publisher,
            body: .json(
                .list(
                    of: .body(
                        ["name": .text(pattern: EnvironmentVariables.namePattern)],
                        optional: [
                            "value": .text(pattern: #"[^\u0000]*"#, 0...EnvironmentVariables.maximumValue)
                                .described("Null removes it. Never answered.")
                        ]), atMost: EnvironmentVariables.maximumCount)),
            answers: .json(.list(of: .text)))
    }

    private static func deploy(_ verb: String, _ summary: String) -> Operation {
        Operation(
            .post, "/v1/content/{guid}/\(verb)", summary, for: .publisher,
            body: .json(.body([:], optional: ["bundle_id": .id, "activate": .flag])),
            answers: .json(.object(["task_id": .guid])), refusals: [.association])
    }
}

extension Schema {
    fileprivate static let binary = Schema(["type": "string", "contentMediaType": "application/gzip"])
}
