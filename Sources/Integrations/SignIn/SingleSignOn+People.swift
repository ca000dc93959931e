public import Accounts
import JSON
public import Storage

/// Who is connected with the identity provider, and who may do without it.
extension SingleSignOn {
    /// Who is connected with the issuer in force, oldest first.
    public func connected(
        _ page: PageRequest, for admin: Administrator
    ) async throws(Refusal) -> RecordPage<ConnectedUser> {
        let issuer = try await stored()?.live.map { SingleSignOnSettings(stored: $0.settings).issuer } ?? ""
        return try await attempt { () throws(StoreError) in
            try await account.store.connectedUsers(issuer: issuer, page)
        }
    }

    /// Takes a connection away, so that the user is recognised anew at the next sign-in: for somebody who is another person
    /// at the provider now.
    public func disconnect(_ guid: GUID, by admin: Administrator) async throws(Refusal) {
        let user = try await people.user(guid, for: admin.caller)
        let issuer = try await stored()?.live.map { SingleSignOnSettings(stored: $0.settings).issuer } ?? ""
        let event = admin.event(
            .identityUnlinked, at: clock.now, subject: guid,
            details: ["email": .string(user.email), "issuer": .string(issuer)])
        let removed = try await attempt { () throws(StoreError) in
            try await account.store.removeIdentity(of: guid, issuer: issuer, noting: event)
        }
        guard removed else { throw .notFound("connection of that user") }
    }

    /// Names an administrator for emergencies, who may use a password while passwords are off; or not any more.
    public func setBreakGlass(_ isNamed: Bool, email: String, by admin: Administrator) async throws(Refusal) {
        let found = try await attempt { () throws(StoreError) in try await account.store.user(email: email.trimmed) }
        guard let user = found else {
            throw .invalid("email", "There is no user with that email: type one of this account.")
        }
        if isNamed {
            guard user.role == .administrator, !user.isLocked, user.passwordHash != nil else {
                throw .invalid(
                    "email", "That must be an administrator who has a password and is not locked: \(user.email) is not."
                )
            }
        }
        let event = admin.event(
            .breakGlassChanged, at: clock.now, subject: user.guid,
            details: ["email": .string(user.email), "named": .bool(isNamed)])
        try await attempt { () throws(StoreError) in
            try await account.store.setBreakGlass(isNamed, user: user.guid, noting: event)
        }
    }

    /// Connects an administrator with who they were in their test.
    func connect(_ test: SignInTestRecord, by admin: Administrator) async throws(Refusal) {
        let user = admin.caller.user
        if let present = try await identity(of: user.guid, at: test.issuer), present.subject == test.subject { return }
        let event = admin.event(
            .identityLinked, at: clock.now, subject: user.guid,
            details: ["email": .string(user.email), "issuer": .string(test.issuer), "by": "test"])
        let identity = UserIdentityRecord(
            issuer: test.issuer, subject: test.subject, userGUID: user.guid, createdAt: clock.now)
        do throws(StoreError) {
            try await account.store.addIdentity(identity, adding: nil, noting: [event])
        } catch {
            guard case .conflict = error.code else { throw Refusal(error) }
            throw Refusal(
                .prohibitedChange,
                "Whoever you were in the test is connected with another user, or you with somebody else there: disconnect "
                    + "that first, or test again as yourself.")
        }
    }
}
