public import Cryptography
public import ResourcePools
public import Storage

/// Hashes passwords on threads of its own: scrypt is slow on purpose and must not hold up anybody else's requests.
///
/// An account has one thread at a time. With two of them, accounts take turns, and one whose people sign in without end
/// makes nobody else wait for more than its present hash. Within an account the networks that ask take turns, so that a
/// stranger who guesses without end keeps its people out of no queue.
public final class PasswordHasher: Sendable {
    /// Each hash takes 16 to 64 MiB of memory and some 50 ms of a core.
    static let limits = FairPool.Limits(total: 2, share: 1, queue: 16)

    private let workers = FairWorkers("passwords", PasswordHasher.limits)
    /// What unknown users are checked against, so that an unknown user costs the same time as a known one.
    private let decoy = Scrypt.decoy()

    /// A hasher with nobody waiting.
    public init() {}

    /// Places for hashes, by account.
    public var places: FairPool { workers.places }

    /// The hash of a password, with its parameters.
    public func hash(
        _ password: SecretString, for account: TenantFingerprint, from origin: Origin
    ) async throws(Refusal) -> String {
        let hash = try await perform(for: account, origin) { try? Scrypt.hash(password: password) }
        guard let hash else { throw Refusal(.internalFailure, "The password could not be stored: try again.") }
        return hash
    }

    /// Whether the password is the one; without a hash it takes as long and is false.
    public func verify(
        _ password: SecretString, against hash: String?, for account: TenantFingerprint, from origin: Origin
    ) async throws(Refusal) -> Bool {
        let decoy = decoy
        let matches = try await perform(for: account, origin) { Scrypt.verify(password, against: hash ?? decoy) }
        return matches && hash != nil
    }

    private func perform<Value: Sendable>(
        for account: TenantFingerprint, _ origin: Origin, _ work: @escaping @Sendable () -> Value
    ) async throws(Refusal) -> Value {
        do throws(FairPool.Failure) {
            return try await workers.run(
                for: account.description, sender: NetworkOrigin.network(of: origin.address), work)
        } catch {
            throw Refusal(
                .tooManyRequests, "Too many people of this account are signing in at this moment: try again.",
                retryAfter: 5)
        }
    }
}
