public import Accounts
public import Cryptography
import HTTPClient
import JSON
public import Storage

/// What content needs to run: for `gatehouse run` and for every other launcher.
public struct Runtime: Sendable {
    /// The name of the variable with the content session token, for launchers that keep no file.
    public static let tokenVariable = "CONNECT_CONTENT_SESSION_TOKEN"
    private static let product = "CONNECT_CLOUD"

    let account: OpenAccount
    let clock: WallClock
    let address: PublicAddress
    let provided: ProvidedVariables
    let signer: SessionToken.Signer
    let people: People
    let contents: Contents
    let variables: EnvironmentVariables
    let journal: Journal

    /// Everything that a launcher is told.
    public struct Sheet: Sendable {
        /// The environment, content session token included.
        public let environment: RuntimeEnvironment
        /// What the content proves with that it acts for itself.
        public let token: SecretString
        /// When the token stops working.
        public let expiresAt: Timestamp
        /// The seconds until then, for launchers whose clock is another.
        public let expiresIn: Int64
        /// What whoever starts the content should know.
        public let warnings: [String]
    }

    /// What a content needs to run, for somebody who may change it.
    public func sheet(of guid: GUID, for publisher: Publisher) async throws(Refusal) -> Sheet {
        let content = try await contents.editable(guid, by: publisher.caller)
        let (associations, owner) = try await attempt { () throws(StoreError) in
            (
                try await account.store.associations(ofContent: guid),
                try await account.store.user(content.ownerGUID)
            )
        }
        let own = try await variables.reveal(of: guid)
        let (contributions, troubles) = provided.contributions(of: associations)
        let (key, salt) = try await people.contentKey(of: content, for: publisher)
        let now = clock.now
        let (token, expiresAt) = sessionToken(of: guid, salt: salt, at: now)
        let environment = RuntimeEnvironment(
            own: own, contributions: contributions,
            fixed: [
                ("CONNECT_SERVER", SecretString(address.base)), ("CONNECT_API_KEY", key),
                ("CONNECT_CONTENT_GUID", SecretString(guid.description)),
                ("POSIT_PRODUCT", SecretString(Self.product)), (Self.tokenVariable, token),
            ]
        )
        let event = publisher.change(
            .runtimeRead, of: guid, at: now,
            details: ["variables": .array(environment.variables.map { .string($0.name) })])
        // Judged again after the key was read: had the right ended before, the key would be the one that was made because
        // it ended. If the right ends later, this key ends too.
        try await account.require(event.premises, at: event.at)
        await journal.note(event)
        return Sheet(
            environment: environment, token: token, expiresAt: expiresAt,
            expiresIn: expiresAt.seconds - now.seconds,
            warnings: Self.warnings(owner) + troubles + environment.warnings
        )
    }

    private func sessionToken(
        of guid: GUID, salt: [UInt8], at now: Timestamp
    ) -> (token: SecretString, expiresAt: Timestamp) {
        let token = signer.issue(content: guid, salt: salt, at: now)
        let step = SessionToken.step.components.seconds
        return (token, Timestamp(seconds: now.seconds / step * step) + SessionToken.lifetime)
    }

    private static func warnings(_ owner: UserRecord?) -> [String] {
        guard let owner, !owner.isLocked, owner.role >= .publisher else {
            return [
                "CONNECT_API_KEY does not work: the owner of this content is locked or no publisher. Give it to somebody who is."
            ]
        }
        return []
    }
}
