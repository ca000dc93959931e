import Accounts
import Cryptography
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// Everybody's own API keys.
struct KeyPages {
    /// After so many days a key may be set to expire.
    private static let lifetimes = [7, 30, 90, 365]
    private static let usualLifetime = 90
    private static let secondsInDay = 24 * 60 * 60

    func add(to doors: PageDoors) {
        doors.get("keys", for: Caller.self) { visit, caller in try await keys(visit, caller) }
        doors.get("keys/new", for: Caller.self) { visit, caller in newKey(visit, caller, typed: nil, error: nil) }
        doors.post("keys/new", for: Caller.self) { visit, caller, form in try await create(visit, caller, form) }
        doors.get("keys/made", for: Caller.self) { visit, _ in try await made(visit) }
        doors.post("keys/{id}/delete", for: Caller.self) { visit, caller, _ in
            try await visit.tenant.people.deleteKey(try visit.context.id("id", what: "API key"), of: caller)
            return visit.seeOther("keys", .keyDeleted)
        }
    }

    private func keys(_ visit: Visit, _ caller: Caller) async throws -> Response {
        let now = visit.now
        let rows = try await visit.tenant.people.keys(of: caller).map { key -> [String: PageValue] in
            [
                "id": .text(String(key.id)), "name": .text(key.name), "hint": .text("…" + key.hint),
                // A key is never worth more than its owner is by now.
                "role": .text(min(key.role, caller.role).label), "is_content": .flag(key.contentGUID != nil),
                "created": .time(key.createdAt), "used": .time(key.activeAt), "expires": .time(key.expiresAt),
                "is_expired": .flag(key.expiresAt.map { $0 <= now } ?? false),
            ]
        }
        return visit.page(
            "keys", title: "API keys", in: .keys, ["keys": .list(rows), "has_keys": .flag(!rows.isEmpty)])
    }

    private func newKey(_ visit: Visit, _ caller: Caller, typed: SentForm?, error: Refusal?) -> Response {
        let lifetimes = Self.lifetimes.map { (value: String($0), label: "\($0) days") }
        let fields = [
            Field(
                "name", "Name", hint: "What it is for, such as: deploy from my laptop.", isRequired: true,
                maximum: TextRules.lineLength),
            Field(
                "role", "What it may do", .radio(caller.role.choicesUpTo), value: caller.role.rawValue,
                aliases: ["user_role"]),
            Field(
                "expires", "Expires after", .choice(lifetimes + [(value: "", label: "Never")]),
                value: String(Self.usualLifetime), aliases: ["expires_at"]),
        ]
        return visit.page(
            "keys-new", title: "Create API key", in: .keys, Field.form(fields, typed: typed, error: error),
            status: Visit.status(error))
    }

    private func create(_ visit: Visit, _ caller: Caller, _ form: SentForm) async throws -> Response {
        do throws(Refusal) {
            let (record, key) = try await visit.tenant.people.createKey(
                name: form["name"], role: try UserRoutes.role(form["role"]), expiresAt: try expiry(form, visit),
                for: caller)
            let made = ShownOnce(secret: key, about: record.name)
            return visit.seeOther("keys/made?" + (await visit.services.shownOnce.keep(made, for: visit)))
        } catch {
            guard error.code.status < 500 else { throw error }
            return newKey(visit, caller, typed: form, error: error)
        }
    }

    private func expiry(_ form: SentForm, _ visit: Visit) throws(Refusal) -> Timestamp? {
        guard !form["expires"].isEmpty else { return nil }
        guard let days = Int(form["expires"]), Self.lifetimes.contains(days) else {
            throw .invalid("expires", "Choose after how many days the key expires, or that it never does.")
        }
        return visit.now + .seconds(days * Self.secondsInDay)
    }

    private func made(_ visit: Visit) async throws -> Response {
        let note = try await visit.services.shownOnce.take(for: visit)
        return visit.page(
            "keys-made", title: "Your new API key", in: .keys,
            [
                "key": .flag(note != nil), "name": .text(note?.about ?? ""),
                "copy_text": .text(note?.secret.reveal() ?? ""), "copy_label": .text("the API key"),
                "server": .text(visit.services.world.address.base),
            ])
    }
}
