import Accounts
import JSON
import Storage

extension Resource {
    static let audit = Resource(
        "audit", "What happened in the account: lines that are bound to each other by their hashes.",
        schemas: [
            "AuditLine": .object([
                "id": .id, "time": .time, "user_guid": .guid.orNull, "user_description": .text, "action": action,
                "event_description": .text, "outcome": outcome,
                "actor_kind": .word(of: EventActor.Kind.allCases.map(\.rawValue)), "door": .text,
                "key_id": .id.orNull, "address": .text.orNull, "correlation_id": .text, "subject_guid": .guid.orNull,
                "content_guid": .guid.orNull, "integration_guid": .guid.orNull, "details": .map(of: .anything),
                "hash": .text(pattern: "[0-9a-f]{64}"),
            ]),
            "AuditPaging": .object([
                "cursors": .object(["previous": .text.orNull, "next": .text.orNull]), "first": .address,
                "previous": .address.orNull, "next": .address.orNull, "last": .address,
            ]),
            "Retention": .object(["days": .integer(Audit.retentionDays).orNull.described("Null: for ever.")]),
        ],
        [
            Operation(
                .get, "/v1/audit_logs", "List what happened", for: .administrator,
                parameters: filters + [
                    .query("limit", .integer(1...Audit.largestPage)), .query("ascOrder", .loudFlag),
                    .query("next", .text.described("A cursor of the page before.")),
                    .query("previous", .text.described("A cursor of the page behind; not together with next.")),
                ],
                answers: .json(.object(["results": .list(of: .ref("AuditLine")), "paging": .ref("AuditPaging")]))),
            Operation(
                .get, "/v1/audit_logs/export", "Download what happened", for: .administrator,
                parameters: filters + [.query("format", .word(of: AuditFormat.allCases.map(\.rawValue)))],
                answers: Answer(
                    status: 200, description: "A line each.", media: "application/x-ndjson", schema: .text,
                    alternative: "text/csv",
                    headers: [.init(name: "Content-Disposition", schema: .text, description: "The file's name.")])),
            Operation(
                .get, "/v1/audit_logs/retention", "Get for how many days lines are kept", for: .administrator,
                answers: .json(.ref("Retention"))),
            Operation(
                .put, "/v1/audit_logs/retention", "Set for how many days lines are kept", for: .administrator,
                body: .json(.body(["days": .integer(Audit.retentionDays).orNull])), answers: .json(.ref("Retention"))),
        ]
    )

    private static let action = Schema.word(of: EventAction.allCases.map(\.rawValue))
    private static let outcome = Schema.word(of: EventRecord.Outcome.allCases.map(\.rawValue))

    private static let filters: [Parameter] = [
        .query("action", .text.described("Several by comma; `content.*` stands for all that begin so.")),
        .query("user_guid", .guid), .query("content_guid", .guid), .query("integration_guid", .guid),
        .query("outcome", outcome), .query("from", .time), .query("to", .time),
    ]
}

extension Schema {
    fileprivate static func integer(_ range: ClosedRange<Int64>) -> Schema {
        integer(Int(range.lowerBound)...Int(range.upperBound))
    }
}
