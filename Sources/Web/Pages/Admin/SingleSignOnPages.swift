import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import Storage

/// How an account's people sign in at their company's identity provider, for its administrators: settings, a test, and what is
/// in force.
struct SingleSignOnPages {
    static let path = "single-sign-on"

    func add(to doors: PageDoors) {
        doors.get(Self.path, for: Administrator.self) { visit, admin in try await page(visit, admin) }
        doors.post(Self.path, for: Administrator.self) { visit, admin, form in try await save(visit, admin, form) }
        doors.post("\(Self.path)/test", for: Administrator.self) { visit, admin, _ in try await test(visit, admin) }
        act("use", doors, .singleSignOnUsed) { visit, admin, _ throws(Refusal) in
            try await visit.tenant.singleSignOn.use(by: admin)
        }
        act("off", doors, .singleSignOnOff) { visit, admin, _ throws(Refusal) in
            try await visit.tenant.singleSignOn.turnOff(by: admin)
        }
        act("passwords-off", doors, .passwordsOff) { visit, admin, _ throws(Refusal) in
            try await visit.tenant.singleSignOn.setOnly(true, by: admin)
        }
        act("passwords-on", doors, .passwordsOn) { visit, admin, _ throws(Refusal) in
            try await visit.tenant.singleSignOn.setOnly(false, by: admin)
        }
        act("emergency", doors, .breakGlassChanged) { visit, admin, form throws(Refusal) in
            try await visit.tenant.singleSignOn.setBreakGlass(
                !form.has("remove"), email: form.has("remove") ? form["remove"] : form["email"], by: admin)
        }
    }

    /// A form of one button, or little more: done, or the page again with the sentence.
    private func act(
        _ name: String, _ doors: PageDoors, _ notice: Notice,
        _ verb: @escaping @Sendable (Visit, Administrator, SentForm) async throws(Refusal) -> Void
    ) {
        doors.post("\(Self.path)/\(name)", for: Administrator.self) { visit, admin, form in
            do throws(Refusal) {
                try await verb(visit, admin, form)
                return visit.seeOther(Self.path, notice)
            } catch {
                guard error.code.status < 500 else { throw error }
                return try await page(visit, admin, actError: error, emergency: form["email"])
            }
        }
    }

    private func save(_ visit: Visit, _ admin: Administrator, _ form: SentForm) async throws -> Response {
        var fields = SingleSignOnSettings.Fields()
        fields.issuer = form["issuer"]
        fields.clientID = form["client_id"]
        fields.scopes = form["scopes"]
        fields.label = form["label"]
        fields.domains = form["domains"]
        fields.requiresVerifiedEmail = form.has("requires_verified_email")
        fields.createsUsers = form.has("creates_users")
        fields.defaultRole = form.has("default_role") ? form["default_role"] : Role.viewer.rawValue
        fields.roleClaim = form["role_claim"]
        fields.roles = form["roles"]
        fields.groupClaim = form["group_claim"]
        fields.groups = form["groups"]
        do throws(Refusal) {
            let secret = form["client_secret"]
            try await visit.tenant.singleSignOn.save(
                fields, secret: secret.isEmpty ? nil : SecretString(secret), by: admin)
            return visit.seeOther(Self.path, .singleSignOnSaved)
        } catch {
            guard error.code.status < 500 else { throw error }
            return try await page(visit, admin, typed: form, error: error)
        }
    }

    private func test(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        do throws(Refusal) {
            let back = visit.path("\(Self.path)?\(Notice.parameter)=\(Notice.singleSignOnTested.rawValue)")
            return visit.services.leave(for: try await visit.tenant.singleSignOn.beginTest(returnPath: back, by: admin))
        } catch {
            guard error.code.status < 500 else { throw error }
            return try await page(visit, admin, actError: error)
        }
    }

    private func page(
        _ visit: Visit, _ admin: Administrator, typed: SentForm? = nil, error: Refusal? = nil,
        actError: Refusal? = nil, emergency: String = ""
    ) async throws(Refusal) -> Response {
        let overview = try await visit.tenant.singleSignOn.overview(for: admin)
        let address = visit.services.world.address
        var values = Field.form(Self.fields(overview), typed: typed, error: error)
        let isEmergency = actError?.field == "email"
        let email = Field(
            "email", "Email of an administrator", .email, value: isEmergency ? emergency : "",
            hint: "Somebody who has a password. Keep it where it is found when the identity provider is away.",
            isRequired: true)
        values["emergency_fields"] = Field.form([email], typed: nil, error: isEmergency ? actError : nil)["fields"]
        values["act_error"] = .text(isEmergency ? "" : actError?.message ?? "")
        values["copy_text"] = .text(address.signInCallback(visit.tenant.account.slug))
        values["copy_label"] = .text("the redirect URI")
        values["sign_out_uri"] = .text(address.signInPage(visit.tenant.account.slug))
        values["start_uri"] = .text(address.signInPage(visit.tenant.account.slug) + "/start")
        values["has_draft"] = .flag(overview.draft != nil)
        values["draft_issuer"] = .text(overview.draft?.issuer ?? "")
        values["live_issuer"] = .text(overview.live?.issuer ?? "")
        values["is_draft_live"] = .flag(overview.isDraftLive)
        values["is_only"] = .flag(overview.isOnly)
        values["is_connected"] = .flag(overview.isConnected)
        values["break_glass"] = .list(overview.breakGlass.map { ["user_email": .text($0.email)] })
        values["can_use"] = .flag(!overview.isDraftLive || !overview.isConnected)
        values["test"] = overview.test.map { .object(Self.report($0)) } ?? .flag(false)
        return visit.page(
            "single-sign-on", title: "Single sign-on", in: .singleSignOn, values,
            status: Visit.status(error ?? actError), leavesSite: true)
    }

    private static func report(_ test: SignInTestRecord) -> [String: PageValue] {
        func text(_ name: String) -> PageValue { .text(test.report[name]?.stringValue ?? "") }
        func list(_ name: String) -> PageValue {
            .text((test.report[name]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", "))
        }
        return [
            "tested_at": .time(test.at), "verdict": text("verdict"), "subject": text("subject"),
            "person_email": text("email"), "person_name": text("name"),
            "is_verified": .flag(test.report["email_verified"]?.boolValue ?? false), "claims": list("claims"),
            "given_role": text("role"), "role_values": list("role_values"), "group_values": list("group_values"),
            "given_groups": list("groups"),
            "omissions": .list(
                (test.report["omissions"]?.arrayValue ?? []).compactMap(\.stringValue).map { ["text": .text($0)] }),
        ]
    }
}
