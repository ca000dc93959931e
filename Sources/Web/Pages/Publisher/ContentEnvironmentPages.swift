import Accounts
import Cryptography
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// The environment variables of a content: their names are shown, their values never are.
struct ContentEnvironmentPages {
    func add(to doors: PageDoors) {
        doors.get("content/{guid}/environment", for: Publisher.self) { visit, publisher in
            try await environment(visit, publisher, name: try visit.query()["name"] ?? "")
        }
        doors.post("content/{guid}/environment", for: Publisher.self) { visit, publisher, form in
            try await set(visit, publisher, form)
        }
        doors.post("content/{guid}/environment/remove", for: Publisher.self) { visit, publisher, form in
            try await remove(visit, publisher, form)
        }
    }

    private func environment(
        _ visit: Visit, _ publisher: Publisher, name: String = "", typed: SentForm? = nil, error: Refusal? = nil
    ) async throws -> Response {
        let guid = try visit.guid(what: "content")
        let tenant = visit.tenant
        let content = try await tenant.contents.editable(guid, by: publisher.caller)
        let names = try await tenant.environment.names(of: guid, for: publisher)
        let given = try await tenant.associations.of(content: guid, for: publisher.caller).flatMap { entry in
            let integration = entry.association.integration
            return tenant.integrations.guidance(integration).environment.map { ($0.name, integration.name) }
        }
        let provided = try await tenant.environment.provided(guid)
        let query = try visit.query()
        let pager = try Pager(query)
        let path = visit.path(ContentTab.environment.path(of: guid))
        let fields = [
            Field(
                "name", "Name", value: String(name.prefix(TextRules.lineLength)),
                hint: "Letters, digits and underscores, such as DATABASE_URL. A variable of that name is replaced.",
                isRequired: true),
            Field(
                "value", "Value", .code(3),
                hint: "It is sealed, and never shown again: only what runs the content gets it.", isRequired: true),
        ]
        var values = Field.form(fields, typed: typed, error: error)
        let shown = names.dropFirst((pager.number - 1) * Pager.size).prefix(Pager.size)
        values["variables"] = .list(
            shown.map {
                let effect = ProtectedVariables.effect(of: $0)
                let source = effect == nil ? provided[$0] : nil
                return [
                    "variable": .text($0), "replace": .text("\(path)?name=\($0)#field-name"),
                    "is_kept": .flag(effect == nil && source == nil),
                    "is_left_out": .flag(effect != nil), "effect": .text(effect ?? ""),
                    "is_overridden": .flag(source != nil), "source": .text(source ?? ""),
                ]
            })
        values["given"] = .list(given.map { ["variable": .text($0.0), "by": .text($0.1)] })
        values["own"] = .list(
            EnvironmentVariables.reservedNames.sorted().map { ["variable": .text($0)] })
        values.merge(pager.values(total: names.count, at: path)) { $1 }
        return visit.page("content-environment", of: content, .environment, values, error: error)
    }

    private func set(_ visit: Visit, _ publisher: Publisher, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "content")
        return try await visit.carryOut { () throws(Refusal) in
            // A form that is sent again after a sign-in has lost its secrets: an empty value must not replace what is there.
            guard !form["value"].isEmpty else { throw .invalid("value", "Type the value: it was not kept.") }
            // Browsers send every line's end as two characters; a key in several lines has one.
            let value = form["value"].replacing("\r\n", with: "\n")
            let change = EnvironmentVariables.Change(name: form["name"].trimmed, value: SecretString(value))
            _ = try await visit.tenant.environment.change([change], of: guid, replacing: false, by: publisher)
            return visit.seeOther(ContentTab.environment.path(of: guid), .variableSet)
        } else: {
            try await environment(visit, publisher, typed: form, error: $0)
        }
    }

    private func remove(_ visit: Visit, _ publisher: Publisher, _ form: SentForm) async throws -> Response {
        let guid = try visit.guid(what: "content")
        return try await visit.carryOut { () throws(Refusal) in
            let change = EnvironmentVariables.Change(name: form["name"], value: nil)
            _ = try await visit.tenant.environment.change([change], of: guid, replacing: false, by: publisher)
            return visit.seeOther(ContentTab.environment.path(of: guid), .variableRemoved)
        } else: {
            try await environment(visit, publisher, error: $0)
        }
    }
}
