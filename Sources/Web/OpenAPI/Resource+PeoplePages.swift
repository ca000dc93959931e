import Accounts
import Storage

extension Resource {
    static let peoplePages = Resource(
        "pages: people", "People and groups, for administrators with a browser.",
        [
            .page(
                "people", "The people", for: .administratorsBrowser,
                parameters: [
                    .query("q", .line), .query("role", .role),
                    .query("state", .word(of: RosterFilter.State.allCases.map(\.rawValue))), .page,
                ]),
            .page("people/invite", "Invite somebody: the form", for: .administratorsBrowser),
            .form(
                "people/invite", "Invite somebody", for: .administratorsBrowser,
                fields: ["email": .text, "first_name": .text, "last_name": .text, "role": .role]),
            .page(
                "people/invited", "The link of an invite that was just made, once", for: .administratorsBrowser,
                parameters: [.query(ShownOnce.parameter, .text)]),
            .page("people/{guid}", "A person", for: .administratorsBrowser),
            .form(
                "people/{guid}", "Change a person", for: .administratorsBrowser,
                fields: ["email": .text, "first_name": .text, "last_name": .text, "role": .role]),
            .form(
                "people/{guid}/lock", "Lock or unlock a person", for: .administratorsBrowser,
                fields: ["locked": .word(of: ["yes", "no"])]),
            .form("people/{guid}/invite", "Make a new invite link", for: .administratorsBrowser),
            .page("groups", "The groups", for: .administratorsBrowser, parameters: [.query("q", .line), .page]),
            .page("groups/new", "Create a group: the form", for: .administratorsBrowser),
            .form("groups/new", "Create a group", for: .administratorsBrowser, fields: ["name": .text]),
            .page(
                "groups/{guid}", "A group", for: .administratorsBrowser,
                parameters: [.query("find", .text.described("Who could be added.")), .page]),
            .form("groups/{guid}", "Rename a group", for: .administratorsBrowser, fields: ["name": .text]),
            .form(
                "groups/{guid}/members", "Add a member to a group", for: .administratorsBrowser,
                fields: ["user_guid": .text, "group_guid": .text, "find": .text]),
            .form(
                "groups/{guid}/members/remove", "Remove a member from a group", for: .administratorsBrowser,
                fields: ["member": .text]),
            .page("groups/{guid}/delete", "What deleting a group ends", for: .administratorsBrowser),
            .form("groups/{guid}/delete", "Delete a group", for: .administratorsBrowser),
        ]
    )
    static let keyPages = Resource(
        "pages: API keys", "Everybody's own API keys.",
        [
            .page("keys", "One's own API keys", for: .browser),
            .page("keys/new", "Create an API key: the form", for: .browser),
            .form(
                "keys/new", "Create an API key", for: .browser,
                fields: ["name": .text, "role": .role, "expires": .text], refusals: [.permissionDenied]),
            .page(
                "keys/made", "An API key that was just made, once", for: .browser,
                parameters: [.query(ShownOnce.parameter, .text)]),
            .form("keys/{id}/delete", "Delete an API key", for: .browser),
        ]
    )
    static let auditPages = Resource(
        "pages: audit", "What happened, for administrators with a browser.",
        [
            .page(
                "audit", "What happened", for: .administratorsBrowser,
                parameters: search + [.query("older", .text), .query("newer", .text)]),
            Operation(
                .get, "/accounts/{account}/audit/export", "Download what happened", for: .administratorsBrowser,
                parameters: search + [.query("format", .word(of: AuditFormat.allCases.map(\.rawValue)))],
                answers: Answer(
                    status: 200, description: "A line each.", media: "text/csv", schema: .text,
                    alternative: "application/x-ndjson",
                    headers: [.init(name: "Content-Disposition", schema: .text, description: "The file's name.")]),
                .toSignIn),
            .page("audit/retention", "How long lines are kept", for: .administratorsBrowser),
            .form(
                "audit/retention", "Set how long lines are kept", for: .administratorsBrowser,
                fields: ["days": .text]),
            .page("audit/chain", "Whether the audit is whole", for: .administratorsBrowser),
        ]
    )

    private static let search = AuditSearch.names.map { Parameter.query($0, .text) }
}

extension Parameter {
    /// Which page of a long list.
    static let page = Parameter.query("page", .integer(Pager.numbers))
}
