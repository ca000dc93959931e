import Accounts
import JSON
import Storage

/// From somebody at the provider to a user of the account.
extension SingleSignOn {
    /// What follows from who somebody is; nothing is changed yet.
    ///
    /// Email counts the first time alone, and never for an administrator who has a password: whoever can have the provider
    /// name an address would take over the account.
    func verdict(
        on person: ProviderPerson, _ settings: SingleSignOnSettings
    ) async throws(Refusal) -> SignInVerdict {
        let known = try await attempt { () throws(StoreError) in
            try await account.store.user(issuer: person.issuer, subject: person.subject)
        }
        if let known { return known.isLocked ? .refused(.locked) : .known(known) }
        if let obstacle = settings.obstacle(of: person) { return .refused(obstacle) }
        guard let email = person.email else { return .refused(.noEmail) }
        let found = try await attempt { () throws(StoreError) in try await account.store.user(email: email) }
        guard let user = found else {
            guard settings.createsUsers else { return .refused(.notInvited) }
            let role = settings.role(by: person.claims) ?? settings.defaultRole
            return .adds(
                UserRecord(
                    guid: account.makeGUID(), email: email, username: email, firstName: person.firstName,
                    lastName: person.lastName, role: role, at: clock.now))
        }
        guard !user.isLocked else { return .refused(.locked) }
        if let present = try await identity(of: user.guid, at: person.issuer) {
            // Connected since the first look: the same person in another tab was first.
            return present.subject == person.subject ? .known(user) : .refused(.connectedToAnother)
        }
        if user.role == .administrator {
            guard user.passwordHash == nil else { return .refused(.administratorWithPassword) }
            // Whatever the settings say.
            guard person.isEmailVerified else { return .refused(.emailNotVerified) }
        }
        return .links(user)
    }

    /// Signs somebody in: connects or adds them where that is due, then makes role and groups what the claims say, then opens
    /// the session. Whatever fails on the way leaves nobody with more than they should have.
    ///
    /// - Parameter version: that of the settings. The provider was asked meanwhile: each write judges again that they are in
    ///   force.
    func signIn(
        _ person: ProviderPerson, _ settings: SingleSignOnSettings, version: Int64, from origin: Origin
    ) async throws(Refusal) -> SignIn {
        let inForce = Premise.singleSignOn(version: version)
        let user = try await user(of: person, settings, inForce, from: origin)
        let identity = Premise.identity(issuer: person.issuer, subject: person.subject, of: user.guid)
        let premises = [inForce, identity, .active(user.guid, atLeast: .viewer)]
        let present = try await applyRole(to: user, person, settings, premises, origin)
        try await applyGroups(to: present, person, settings, premises, origin)
        var details: JSONObject = ["by": "single_sign_on", "issuer": .string(person.issuer)]
        let omissions = settings.omissions(in: person.claims)
        for omission in omissions { details[omission.kind] = "unchanged" }
        if present.role != user.role { details["role"] = .string(present.role.rawValue) }
        if !omissions.isEmpty { details["cause"] = .string(omissions.map(\.sentence).joined(separator: " ")) }
        return try await people.openSession(for: present, from: origin, details: details, on: premises)
    }

    private func user(
        of person: ProviderPerson, _ settings: SingleSignOnSettings, _ inForce: Premise, from origin: Origin
    ) async throws(Refusal) -> UserRecord {
        let verdict = try await verdict(on: person, settings)
        let user: UserRecord
        switch verdict {
        case .known(let known): return known
        case .links(let found), .adds(let found): user = found
        case .refused(let obstacle):
            await noteRefusal(obstacle.rawValue, of: person, from: origin)
            throw Refusal(obstacle == .locked ? .userLocked : .permissionDenied, obstacle.sentence)
        }
        let isNew = if case .adds = verdict { true } else { false }
        let identity = UserIdentityRecord(
            issuer: person.issuer, subject: person.subject, userGUID: user.guid, createdAt: clock.now)
        var events: [EventRecord] = []
        if isNew {
            events.append(
                event(
                    .userCreated, origin, user,
                    ["email": .string(user.email), "role": .string(user.role.rawValue), "by": "single_sign_on"]))
        }
        let linked = event(
            .identityLinked, origin, user, ["email": .string(user.email), "issuer": .string(person.issuer)])
        // The user that the email named must be unchanged since it was looked up.
        events.append(
            linked.on(isNew ? [inForce] : [inForce, .active(user.guid, atLeast: .viewer), .unchanged(user)]))
        do throws(StoreError) {
            try await account.store.addIdentity(identity, adding: isNew ? user : nil, noting: events)
            return user
        } catch {
            guard case .conflict = error.code else { throw Refusal(error) }
            // Two tabs at the same time: the other one was first.
            let other = try await attempt { () throws(StoreError) in
                try await account.store.user(issuer: person.issuer, subject: person.subject)
            }
            guard let other, !other.isLocked else {
                throw Refusal(.permissionDenied, "Somebody else changed this at the same time: sign in again.")
            }
            return other
        }
    }

    /// Makes the role what the claims say, where they decide. Who is named for emergencies keeps theirs, and the account its
    /// last administrator.
    ///
    /// Where the provider leaves the claim out, the role stays, except that of administrators: at some providers people can
    /// join so many groups that the claim is left out, and would stay administrators for good.
    private func applyRole(
        to user: UserRecord, _ person: ProviderPerson, _ settings: SingleSignOnSettings, _ premises: [Premise],
        _ origin: Origin
    ) async throws(Refusal) -> UserRecord {
        let isTold = ClaimValues.omission(of: settings.roleClaim, in: person.claims) == nil
        guard !settings.roleClaim.isEmpty, isTold || user.role == .administrator else { return user }
        let role = settings.role(by: person.claims) ?? settings.defaultRole
        guard role != user.role else { return user }
        let spared = try await attempt { () throws(StoreError) in try await account.store.breakGlassUsers() }
        guard !spared.contains(where: { $0.guid == user.guid }) else { return user }
        var changes = UserChanges()
        changes.role = role
        let change = changes
        let event = event(
            .userUpdated, origin, user,
            ["email": .string(user.email), "role": .string(role.rawValue), "by": "single_sign_on"]
        ).on(premises)
        do throws(StoreError) {
            return try await account.store.changeUser(user.guid, change, at: clock.now, noting: event)
        } catch {
            guard error.code == .lastAdministrator || error.code == .lastBreakGlass else { throw Refusal(error) }
            await noteRefusal("last_administrator", of: person, from: origin)
            return user
        }
    }

    /// Makes membership in the groups that rules name what the claims say; other groups are none of the provider's business.
    private func applyGroups(
        to user: UserRecord, _ person: ProviderPerson, _ settings: SingleSignOnSettings, _ premises: [Premise],
        _ origin: Origin
    ) async throws(Refusal) {
        let membership = settings.membership(by: person.claims)
        guard !membership.isEmpty else { return }
        let present = try await attempt { () throws(StoreError) in
            try await account.store.directGroups(of: user.guid)
        }
        for (guid, isMember) in membership where present.contains(guid) != isMember {
            let found = try await attempt { () throws(StoreError) in try await account.store.group(guid) }
            // A group that was deleted has no members.
            guard let group = found else { continue }
            let event = EventRecord(
                isMember ? .memberAdded : .memberRemoved, at: clock.now, actor: Self.actor, origin: origin,
                subject: guid,
                details: [
                    "name": .string(group.name), "member_guid": .string(user.guid.description),
                    "user_guid": .string(user.guid.description),
                ], premises: premises)
            do throws(StoreError) {
                if isMember {
                    _ = try await account.store.addMember(.user(user.guid), to: guid, noting: event)
                } else {
                    _ = try await account.store.removeMember(user.guid, from: guid, noting: event)
                }
            } catch {
                // Deleted in this very moment.
                guard error.code == .notFound else { throw Refusal(error) }
            }
        }
    }

    /// Who changes a user because the identity provider says so.
    private static let actor = EventActor(kind: .system, guid: nil, name: "single sign-on")

    private func event(_ action: EventAction, _ origin: Origin, _ user: UserRecord, _ details: JSONObject)
        -> EventRecord
    {
        EventRecord(action, at: clock.now, actor: Self.actor, origin: origin, subject: user.guid, details: details)
    }

    /// Whom the provider knows and we do not let in: they have proved who they are there, so this cannot be made up.
    func noteRefusal(_ reason: String, of person: ProviderPerson, from origin: Origin) async {
        let event = EventRecord(
            .singleSignOnRefused, outcome: .refused, at: clock.now, actor: Self.actor, origin: origin,
            details: [
                "reason": .string(reason), "email": .string(person.email ?? ""), "issuer": .string(person.issuer),
            ])
        // The answer is a refusal either way; a disk that is full must not make it another one.
        await journal.note(event)
    }
}
