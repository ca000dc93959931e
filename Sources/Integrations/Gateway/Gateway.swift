public import Accounts
public import Cryptography
import HTTPClient
public import Storage
import Synchronization

/// Answers the reverse proxy that stands before content: who is it, may they, and where does the content run.
public final class Gateway: Sendable {
    /// The answer to one request.
    public enum Answer: Sendable {
        /// Let it through to `upstream`; `token` is nil where nobody is signed in and nobody has to be.
        case allowed(upstream: String, token: SecretString?)
        /// Send the browser to sign in.
        case signIn
        /// Send the browser to the page that says which logins at providers are missing.
        case logIn
        /// This viewer may not.
        case forbidden
        /// There is no such content.
        case unknown
        /// The content has no address yet.
        case noUpstream
    }

    /// How long a ticket works: one redirect from one origin to the other.
    public static let ticketLifetime = Duration.seconds(60)
    /// Beyond this everything is forgotten and learned anew.
    private static let maximumRemembered = 20_000

    private struct Key: Hashable {
        let session: Digest
        let content: GUID
    }

    private struct Admission {
        let generation: UInt64
        let upstream: String
        let user: GUID
        let validUntil: Timestamp
    }

    let account: OpenAccount
    let clock: WallClock
    let outbound: OutboundPolicy
    let signer: SessionToken.Signer
    private let admissions = Mutex<[Key: Admission]>([:])

    init(account: OpenAccount, clock: WallClock, outbound: OutboundPolicy, signer: SessionToken.Signer) {
        self.account = account
        self.clock = clock
        self.outbound = outbound
        self.signer = signer
    }

    /// Judges a request for content.
    ///
    /// - Parameters:
    ///   - content: which content.
    ///   - secret: what the content's cookie holds; nil where the browser has none.
    public func authorize(content guid: GUID, secret: SecretString?) async throws(Refusal) -> Answer {
        var answer: Answer?
        defer { Measurements.gateway(answer) }
        let judged = try await judge(content: guid, secret: secret)
        answer = judged
        return judged
    }

    private func judge(content guid: GUID, secret: SecretString?) async throws(Refusal) -> Answer {
        guard !account.isErased else { return .unknown }
        let now = clock.now
        let generation = account.changes.current
        let hash = secret.map { SHA256.hash($0.reveal()) }
        if let hash, let admission = recall(Key(session: hash, content: guid), generation, now) {
            return allowed(admission.upstream, admission.user, guid, now)
        }
        let facts = try await attempt { () throws(StoreError) in
            try await account.store.gatewayFacts(sessionHash: hash, content: guid, at: now)
        }
        guard let content = facts.content else { return .unknown }
        let viewer = facts.session?.contentGUID == guid ? facts.viewer : nil
        guard let viewer, !viewer.isLocked else {
            guard content.accessType == .all else { return .signIn }
            return content.upstreamURL.map { .allowed(upstream: $0, token: nil) } ?? .noUpstream
        }
        guard Contents.mayOpen(content, viewer, permissions: facts.permissions, groups: facts.viewerGroups) else {
            return .forbidden
        }
        guard Self.missing(facts.associations, facts.sessions, at: now).isEmpty else { return .logIn }
        guard let upstream = content.upstreamURL else { return .noUpstream }
        if let hash, let session = facts.session {
            let ends = facts.sessions.compactMap(\.endsUnrenewed) + [session.expiresAt]
            remember(
                Key(session: hash, content: guid),
                Admission(
                    generation: generation, upstream: upstream, user: viewer.guid,
                    validUntil: ends.min() ?? session.expiresAt)
            )
        }
        return allowed(upstream, viewer.guid, guid, now)
    }

    /// The integrations for which a viewer must log in before content can act for them.
    static func missing(
        _ associations: [AssociationRecord], _ sessions: [OAuthSessionRecord], at now: Timestamp
    ) -> [IntegrationRecord] {
        let working = Set(sessions.filter { LoginState($0, at: now) == .working }.map(\.integrationGUID))
        return associations.map(\.integration).filter { $0.hasLogin && !working.contains($0.guid) }
    }

    private func allowed(_ upstream: String, _ user: GUID, _ content: GUID, _ now: Timestamp) -> Answer {
        .allowed(upstream: upstream, token: signer.issue(user: user, content: content, at: now))
    }

    private func recall(_ key: Key, _ generation: UInt64, _ now: Timestamp) -> Admission? {
        guard !account.isErased else { return nil }
        return admissions.withLock { admissions in
            guard let admission = admissions[key], admission.generation == generation, now < admission.validUntil else {
                return nil
            }
            return admission
        }
    }

    private func remember(_ key: Key, _ admission: Admission) {
        admissions.withLock { admissions in
            if admissions.count >= Self.maximumRemembered { admissions.removeAll(keepingCapacity: true) }
            admissions[key] = admission
        }
    }
}
