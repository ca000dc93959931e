import Accounts
import JSON
import Storage

extension Resource {
    static let people = Resource(
        "users", "The people of the account, and their own API keys.",
        schemas: [
            "User": user, "InvitedUser": invited,
            "Key": .object([
                "id": .id, "name": .text, "key": .text.described("The whole key once, at its creation; then its end."),
                "user_role": .role, "created_time": .time, "active_time": .time.orNull, "expires_at": .time.orNull,
            ]),
        ],
        [
            Operation(.get, "/v1/user", "Get the caller", for: .viewer, answers: .json(.ref("User"))),
            Operation(
                .get, "/v1/users", "List the users", for: .publisher,
                parameters: Paging.parameters + [
                    .query("prefix", .text.described("Of any name or the email.")),
                    .query("user_role", .words(of: Role.allCases.map(\.rawValue))),
                    .query("account_status", .words(of: UserFilter.Status.allCases.map(\.rawValue))),
                ],
                answers: .json(.page(of: .ref("User")))),
            Operation(
                .post, "/v1/users", "Add a user, who gets a password or an invite", for: .administrator,
                body: .json(
                    .body(
                        ["email": .email],
                        optional: [
                            "username": .username.described("The email where it is absent."), "first_name": .line,
                            "last_name": .line, "user_role": .role, "unique_id": .name,
                            "password": .text(People.passwordLengths), "user_must_set_password": .flag,
                        ])),
                answers: .json(.ref("InvitedUser")), refusals: [.tooManyRequests]),
            Operation(
                .get, "/v1/users/{guid}", "Get a user; viewers see themselves", for: .viewer,
                answers: .json(.ref("User"))),
            Operation(
                .put, "/v1/users/{guid}", "Change a user; who is no administrator, their own first and last name",
                for: .viewer,
                body: .json(
                    .body(
                        [:],
                        optional: [
                            "email": .email, "username": .username, "first_name": .line, "last_name": .line,
                            "user_role": .role, "unique_id": .name,
                        ])),
                answers: .json(.ref("InvitedUser")), refusals: [.prohibitedChange]),
            Operation(
                .post, "/v1/users/{guid}/lock", "Lock or unlock a user", for: .administrator,
                body: .json(.body(["locked": .flag])), answers: .json(.ref("User")), refusals: [.prohibitedChange]),
            Operation(
                .get, "/v1/users/{guid}/keys", "List the caller's own API keys", for: .viewer,
                answers: .json(.list(of: .ref("Key")))),
            Operation(
                .post, "/v1/users/{guid}/keys", "Create an API key for the caller", for: .viewer,
                body: .json(.body(["name": .name], optional: ["user_role": .role, "expires_at": .time])),
                answers: .json(.ref("Key"))),
            Operation(
                .get, "/v1/users/{guid}/keys/{id}", "Get one of the caller's own API keys", for: .viewer,
                answers: .json(.ref("Key"))),
            Operation(
                .delete, "/v1/users/{guid}/keys/{id}", "Delete one of the caller's own API keys", for: .viewer,
                answers: .noContent),
        ]
    )

    private static let user = Schema.object([
        "guid": .guid, "email": .text, "username": .text, "first_name": .text, "last_name": .text, "user_role": .role,
        "created_time": .time, "updated_time": .time, "active_time": .time.orNull,
        "confirmed": .flag.described(
            "Whether the user has set a password or signed in, or was made by the operator with an API key."),
        "locked": .flag,
    ])

    private static let invited: Schema = {
        var schema = user
        schema.add("invite_url", .address.described("The link of a new invite, shown this once."))
        return schema
    }()
}

extension Schema {
    fileprivate static let email = text(pattern: TextRules.emailPattern, 3...TextRules.emailLength)
    fileprivate static let username = text(pattern: TextRules.usernamePattern, 1...TextRules.emailLength)

    /// One of the words, or several joined by `|`.
    fileprivate static func words(of words: [String]) -> Schema {
        let word = "(\(words.joined(separator: "|")))"
        return text(pattern: "\(word)(\\|\(word))*").described("One, or several joined by |.")
    }

    /// A page of a long list.
    static func page(of item: Schema, extra: KeyValuePairs<String, Schema> = [:]) -> Schema {
        .object(
            ["results": .list(of: item), "current_page": .integer(from: 1), "total": .integer(from: 0)],
            optional: extra)
    }
}

extension Paging {
    /// Which page of a list.
    static let parameters: [Parameter] = [
        .query("page_number", .integer(numbers)), .query("page_size", .integer(sizes)),
    ]
}
