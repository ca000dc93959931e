import Accounts
import Cryptography
import HTTPClient
import JSON
import Logging
import OAuthClient
import Storage

/// Temporary AWS credentials: the account's issuer states who asks, and AWS' STS trades that for a role's credentials.
struct AWSCredentials: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let outbound: OutboundPolicy
    let transport: any HTTPTransport
    /// Circuits of AWS's hosts.
    let hosts: CircuitBreaker
    let issuer: Issuer
    let mint: Mint
    let activity: Activity
    let logger: Logger

    init(account: OpenAccount, world: World, issuer: Issuer, mint: Mint, activity: Activity) {
        self.account = account
        clock = world.clock
        outbound = world.outbound
        transport = world.transport
        hosts = world.hosts
        self.issuer = issuer
        self.mint = mint
        self.activity = activity
        logger = world.logger
    }

    /// For whom.
    enum Holder: Sendable {
        case viewer(UserRecord)
        case content(GUID)

        /// `sub` of the statement: what a role's trust policy can name.
        var subject: String {
            switch self {
            case .viewer(let user): "user:\(user.guid)"
            case .content(let guid): "content:\(guid)"
            }
        }

        /// What CloudTrail shows; STS allows 2 to 64 of these characters. The end of the GUID keeps two apart whose names
        /// become the same: policies may go by it (`aws:userid`).
        var sessionName: String {
            let (name, guid) =
                switch self {
                case .viewer(let user): (user.email, user.guid)
                case .content(let guid): ("content", guid)
                }
            let plain = name.utf8.map { byte -> Character in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    Character(Unicode.Scalar(byte))
                default: "=,.@-_".utf8.contains(byte) ? Character(Unicode.Scalar(byte)) : "-"
                }
            }
            return "\(String(plain.prefix(51)))-\(guid.description.suffix(12))"
        }
    }

    /// Credentials that are not due, from memory or from AWS.
    ///
    /// - Throws: `Refusal` 248 where AWS gives none.
    func token(
        _ key: SessionKey, for holder: Holder, _ integration: IntegrationRecord, onDemand: Bool
    ) async throws(Refusal) -> LiveToken {
        try await mint.token(key, version: integration.version, onDemand: onDemand) { [self] in
            do throws(Refusal) { return .success(try await request(for: holder, integration)) } catch {
                return .failure(error)
            }
        }
    }

    /// Asks AWS whatever memory holds, to see whether the integration works.
    func verify(_ integration: IntegrationRecord, for holder: Holder) async throws(Refusal) -> Mint.Coin {
        try await request(for: holder, integration)
    }

    private func request(for holder: Holder, _ integration: IntegrationRecord) async throws(Refusal) -> Mint.Coin {
        let settings = try Template.AWS.settings(of: integration, policy: outbound)
        let statement = try await issuer.token(subject: holder.subject, audience: settings.audience)
        let request = AssumeRole(
            endpoint: settings.stsEndpoint, roleARN: settings.roleARN,
            sessionName: settings.sessionName ?? holder.sessionName,
            duration: .seconds(settings.durationSeconds))
        let now = clock.now
        let outcome = await HostCircuit(hosts, settings.stsEndpoint, of: account).call {
            () async -> Result<AssumeRole.Credentials, AssumeRole.Failure> in
            do throws(AssumeRole.Failure) {
                return .success(
                    try await Measurements.provider(.assumeRole, integration.template) {
                        () async throws(AssumeRole.Failure) in
                        try await request.credentials(for: statement, over: transport)
                    })
            } catch { return .failure(error) }
        } trouble: {
            if case .failure(let failure) = $0 { failure.trouble } else { nil }
        }
        let credentials: AssumeRole.Credentials
        switch outcome {
        case .heldBack(let seconds, let cause):
            let pause = "AWS is left alone for \(seconds) seconds."
            throw failed(
                .unavailable([cause, pause].compactMap(\.self).joined(separator: " ")), integration,
                retryAfter: seconds)
        case .called(.success(let given)):
            credentials = given
            Measurements.roleCredentials(integration.template, nil)
            activity.count(.refreshesDone, of: integration.guid)
        case .called(.failure(let error)):
            Measurements.roleCredentials(integration.template, error)
            activity.count(.refreshesFailed, of: integration.guid)
            throw failed(error, integration)
        }
        let lifetime = credentials.expiration - now
        return Mint.Coin(
            token: credentials.encoded, expiresAt: credentials.expiration,
            refreshAt: RefreshPolicy.refreshAt(sentAt: now, lifetime: lifetime, margin: .quarter))
    }

    private func failed(
        _ failure: AssumeRole.Failure, _ integration: IntegrationRecord, retryAfter: Int64 = 1
    ) -> Refusal {
        let unreached = ("AWS could not be reached or gave no usable answer: try again.", "provider_unavailable")
        let ((sentence, reason), cause) =
            switch failure {
            case .refused(let message):
                (
                    (
                        "AWS refused: \(message). Its role must trust the provider \(issuer.identifier).",
                        "integration_misconfigured"
                    ), message
                )
            case .unavailable(let cause): (unreached, cause)
            case .notCalled: (unreached, "AWS was not called.")
            }
        logger.warning(
            "AWS gave no credentials",
            metadata: [
                "account": "\(account.slug)", "integration": "\(integration.guid)", "reason": "\(reason)",
                "cause": "\(cause)",
            ])
        return Refusal(
            .awsFailed, sentence,
            payload: ["integration_guid": .string(integration.guid.description), "reason": .string(reason)],
            retryAfter: reason == "provider_unavailable" ? retryAfter : nil, cause: cause)
    }
}

extension AssumeRole.Failure {
    /// What it means to the circuit of AWS's host; nil where AWS answered.
    fileprivate var trouble: ProviderUnavailability? {
        switch self {
        case .refused: nil
        case .unavailable(let cause):
            ProviderUnavailability(reason: .noAnswer, requestMayHaveBeenProcessed: true, message: cause)
        case .notCalled:
            ProviderUnavailability(reason: .noPlace, requestMayHaveBeenProcessed: false, message: "not called")
        }
    }
}
