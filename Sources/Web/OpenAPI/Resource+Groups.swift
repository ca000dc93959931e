import Accounts
import Storage

extension Resource {
    static let groups = Resource(
        "groups", "Groups of users and of groups, which content and integrations can be given to.",
        schemas: [
            "Group": .object([
                "guid": .guid, "name": .text, "owner_guid": .guid.orNull.described("Null: the administrators."),
            ])
        ],
        [
            Operation(
                .get, "/v1/groups", "List the groups; viewers see those that they are in", for: .viewer,
                parameters: Paging.parameters + [.query("prefix", .text)], answers: .json(.page(of: .ref("Group")))),
            Operation(
                .post, "/v1/groups", "Create a group, which the caller owns", for: .publisher,
                body: .json(.body(["name": .name], optional: ["unique_id": .name])), answers: .json(.ref("Group"))),
            Operation(
                .get, "/v1/groups/{guid}", "Get a group; viewers one that they are in", for: .viewer,
                answers: .json(.ref("Group"))),
            change(.put, "Change a group"), change(.patch, "Change a group, as some clients do"),
            change(.post, "Change a group, as others do"),
            Operation(
                .delete, "/v1/groups/{guid}", "Delete a group", for: .publisher, answers: .noContent,
                refusals: [.prohibitedChange]),
            Operation(
                .get, "/v1/groups/{guid}/members",
                "List the users who are in a group directly; viewers see themselves alone", for: .viewer,
                parameters: Paging.parameters + [
                    .query("include", .word(of: ["groups"]).described("Adds the groups that are in it."))
                ],
                answers: .json(.page(of: .ref("User"), extra: ["groups": .list(of: .ref("Group"))]))),
            Operation(
                .post, "/v1/groups/{guid}/members", "Add a user or a group to a group", for: .publisher,
                body: .json(
                    .one(of: [
                        .body(["user_guid": .guid], optional: ["group_guid": .null]),
                        .body(["group_guid": .guid], optional: ["user_guid": .null]),
                    ])),
                answers: .noContent),
            Operation(
                .delete, "/v1/groups/{guid}/members/{member}", "Take a user or a group out of a group", for: .viewer,
                parameters: [.path("member", .guid)], answers: .noContent),
        ]
    )

    private static func change(_ method: Operation.Method, _ summary: String) -> Operation {
        Operation(
            method, "/v1/groups/{guid}", summary, for: .publisher,
            body: .json(.body([:], optional: ["name": .name, "unique_id": .name, "owner_guid": .guid])),
            answers: .json(.ref("Group")))
    }
}
