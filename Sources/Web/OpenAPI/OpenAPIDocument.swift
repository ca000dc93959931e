import Accounts
import Cryptography
import HTTPTypes
import Integrations
import JSON
import NIOCore
import Storage

/// The description of the whole interface (OpenAPI 3.1), made from the resources.
enum OpenAPIDocument {
    static let path = "/openapi.json"
    static let version = "3.1.0"

    /// - Parameters:
    ///   - address: where this server is reached.
    ///   - resources: what it has.
    static func make(address: PublicAddress, resources: [Resource] = Resource.all) -> JSON {
        [
            "openapi": .string(version),
            "info": [
                "title": "Gatehouse",
                "description": .string(
                    """
                    A multi-tenant OAuth integrations backend. An API key names its account, and so do GUIDs: nothing of \
                    one account is seen in another. `x-gatehouse-role` says who may ask; owners of an object may be \
                    asked for besides. GET is answered to HEAD as well, without its body.
                    """),
                // What clients gate their features on.
                "version": .string(APIRoutes.connectVersion),
            ],
            "servers": [
                ["url": .string(address.base), "description": "As in Connect Cloud's documents."],
                ["url": .string(address.base + APIRoutes.prefix), "description": "As SDKs ask."],
            ],
            "tags": .array(
                resources.map { ["name": .string($0.name), "description": .string($0.description)] }),
            "paths": .object(paths(resources, address)),
            "components": [
                "securitySchemes": securitySchemes(address),
                "headers": [
                    "CorrelationID": [
                        "description": "By which the request is found in the server's log; the caller's own is echoed.",
                        "required": true, "schema": .object(correlationID.json),
                    ]
                ],
                "schemas": .object(schemas(resources)),
            ],
        ]
    }

    private static let correlationID = Schema.text(pattern: "[A-Za-z0-9._-]{1,128}")

    private static func paths(_ resources: [Resource], _ address: PublicAddress) -> JSONObject {
        var paths: JSONObject = [:]
        for resource in resources {
            for operation in resource.operations {
                var item = paths[operation.documentedPath]?.objectValue ?? [:]
                item[operation.method.rawValue] = operation.json(tag: resource.name)
                if !operation.hasPrefix { item["servers"] = [["url": .string(address.base)]] }
                paths[operation.documentedPath] = .object(item)
            }
        }
        return paths
    }

    private static func schemas(_ resources: [Resource]) -> JSONObject {
        var schemas: JSONObject = [:]
        for resource in resources {
            for (name, schema) in resource.schemas { schemas[name] = .object(schema.json) }
        }
        return schemas
    }

    private static func securitySchemes(_ address: PublicAddress) -> JSON {
        let cookies = CookieNames(isSecure: address.isSecure, isContentSecure: address.isSecure)
        return [
            "key": [
                "type": "apiKey", "in": "header", "name": "Authorization",
                "description": "`Key ` and an API key, which its owner makes in Gatehouse.",
            ],
            "workbench": [
                "type": "apiKey", "in": "header", "name": .string(HTTPField.Name.rpcCookie.rawName),
                "description": "The cookie of a Workbench session.",
            ],
            "browser": [
                "type": "apiKey", "in": "cookie", "name": .string(cookies.session(TenantFingerprint(value: 0))),
                "description":
                    "Set by the sign-in page. Each account has its own: the zeros stand for its fingerprint.",
            ],
        ]
    }
}

extension Operation {
    /// The path as the document has it: what the router calls `**` is a parameter too.
    var documentedPath: String { path.replacing("/**", with: "/{path}") }
}
