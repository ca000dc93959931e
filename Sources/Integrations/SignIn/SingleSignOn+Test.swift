import Accounts
import JSON
import OAuthClient
import Storage

/// What an administrator is shown after a test.
extension SingleSignOn {
    /// Names more than anybody reads make no page.
    private static let maximumNames = 100
    private static let maximumText = 255

    /// Keeps what came of a test: names of claims, the few values that decide, and what would follow. No tokens, no codes.
    func keepTest(
        _ person: ProviderPerson, _ settings: SingleSignOnSettings, _ flow: SignInFlowRecord,
        _ tester: BrowserIdentity
    ) async throws(Refusal) {
        let verdict = try await verdict(on: person, settings)
        var groups: [JSON] = []
        for (guid, isMember) in settings.membership(by: person.claims) where isMember {
            let group = try await attempt { () throws(StoreError) in try await account.store.group(guid) }
            if let group { groups.append(.string(group.name)) }
        }
        let omissions = settings.omissions(in: person.claims).map(\.sentence)
        let report: JSONObject = [
            "claims": .array(
                person.claims.map(\.key).sorted().prefix(Self.maximumNames)
                    .map { .string(String($0.prefix(Self.maximumText))) }),
            "subject": .string(person.subject), "email": .string(person.email ?? ""),
            "email_verified": .bool(person.isEmailVerified),
            "name": .string("\(person.firstName) \(person.lastName)".trimmed),
            "role": .string(settings.role(by: person.claims)?.rawValue ?? ""),
            "role_values": Self.values(of: settings.roleClaim, person),
            "group_values": Self.values(of: settings.groupClaim, person), "groups": .array(groups),
            "omissions": .array(omissions.map(JSON.string)),
            "verdict": .string(Self.sentence(verdict, tester.user)),
        ]
        let test = SignInTestRecord(
            userGUID: tester.user.guid, settingsVersion: flow.settingsVersion, issuer: flow.issuer,
            subject: person.subject, report: report, at: clock.now)
        let event = tester.caller.note(
            .singleSignOnTested, at: clock.now, subject: tester.user.guid,
            details: (["issuer": .string(flow.issuer)] as JSONObject)
                .merging(omissions.isEmpty ? [:] : ["cause": .string(omissions.joined(separator: " "))]))
        try await attempt { () throws(StoreError) in try await account.store.keepSignInTest(test, noting: event) }
    }

    private static func values(of claim: String, _ person: ProviderPerson) -> JSON {
        guard !claim.isEmpty else { return .array([]) }
        let texts = ClaimValues.texts(claim, in: person.claims).sorted().prefix(maximumNames)
        return .array(texts.map { .string(String($0.prefix(maximumText))) })
    }

    private static func sentence(_ verdict: SignInVerdict, _ tester: UserRecord) -> String {
        switch verdict {
        case .known(let user): "This person is connected already, with \(user.email)."
        case .links(let user): "A sign-in would connect this person with the user \(user.email)."
        case .adds(let user): "A sign-in would add the user \(user.email) with the role \(user.role.rawValue)."
        case .refused(.administratorWithPassword):
            "This is the email of an administrator with a password, who is connected here and not by a sign-in."
        case .refused(let obstacle): "A sign-in would be refused: \(obstacle.sentence)"
        }
    }
}
