import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// The end of a data source.
extension DataSourcePages {
    func deletion(_ visit: Visit, _ admin: Administrator, _ typed: SentForm?, error: Refusal?) async throws -> Response
    {
        let integration = try await integration(visit)
        let first = PageRequest(number: 1, size: Pager.size)
        let use = try await visit.tenant.integrations.use(of: integration.guid, first, for: admin)
        let (contents, logins) = (use.contents.total, use.sessions.reduce(0) { $0 + $1.count })
        let consequences = [
            contents == 0
                ? "No content uses it."
                : "\(contents == 1 ? "1 content loses" : "\(contents) contents lose") it, and cannot reach this data for anybody any more.",
            logins == 0
                ? "Nobody has logged in to it."
                : "\(logins == 1 ? "1 viewer's login ends" : "\(logins) viewers' logins end"); their tokens are forgotten, and revoked at the provider where it can.",
            "Its secret is forgotten. What is registered at the provider stays there: remove it there as well.",
        ]
        let confirm = Field(
            "confirm", "Yes, delete \(integration.name) and end all of this", .tick, isRequired: true)
        let more = contents - use.contents.elements.count
        var values = Self.common(visit, integration)
        let own: [String: PageValue] = [
            "consequences": .list(consequences.map { ["text": .text($0)] }), "has_content": .flag(contents > 0),
            "content": .list(
                use.contents.elements.map { ["guid": .text($0.guid.description), "label": .text($0.label)] }),
            "more_content": .text(more > 0 ? "and \(more) more" : ""),
        ]
        values.merge(own) { _, own in own }
        values.merge(Field.form([confirm], typed: typed, error: error)) { own, _ in own }
        return visit.page(
            "data-source-delete", title: "Delete \(integration.name)?", in: .integrations, values,
            status: Visit.status(error))
    }

    func delete(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        let integration = try await integration(visit)
        guard form.has("confirm") else {
            let refusal = Refusal.invalid("confirm", "Tick the box first: deleting it cannot be taken back.")
            return try await deletion(visit, admin, form, error: refusal)
        }
        try await visit.tenant.integrations.delete(integration.guid, by: admin)
        return visit.seeOther("integrations", .dataSourceDeleted)
    }
}
