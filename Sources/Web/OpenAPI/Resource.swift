/// What belongs together in the document: the operations of a kind of object, and the forms of their objects.
struct Resource: Sendable {
    let name: String
    let description: String
    let schemas: KeyValuePairs<String, Schema>
    let operations: [Operation]

    init(_ name: String, _ description: String, schemas: KeyValuePairs<String, Schema> = [:], _ operations: [Operation])
    {
        self.name = name
        self.description = description
        self.schemas = schemas
        self.operations = operations
    }

    /// Everything that the router has.
    static let all: [Resource] = [
        .server, .integrations, .content, .deployments, .runtime, .people, .groups, .sessions, .exchange, .workbench,
        .audit, .webhooks,
        .issuer, .pages, .dataSourcePages, .peoplePages, .keyPages, .auditPages, .activityPages, .viewerPages,
        .contentPages, .login, .gateway, .singleSignOnPages,
    ]
}
