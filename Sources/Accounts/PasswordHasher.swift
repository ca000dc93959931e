public import Cryptography
import Dispatch
import Synchronization

/// Hashes passwords on a thread of its own: scrypt is slow on purpose and must not hold up everybody else's requests.
public final class PasswordHasher: Sendable {
    /// So many may wait; more is a flood, which is told to come back.
    private static let maximumWaiting = 32

    private let queue = DispatchQueue(label: "passwords")
    private let waiting = Atomic<Int>(0)
    /// What unknown users are checked against, so that an unknown user costs the same time as a known one.
    private let decoy = Scrypt.decoy()

    /// A hasher with nobody waiting.
    public init() {}

    /// The hash of a password, with its parameters.
    public func hash(_ password: SecretString) async throws(Refusal) -> String {
        let hash = try await perform { try? Scrypt.hash(password: password) }
        guard let hash else { throw Refusal(.internalFailure, "The password could not be stored: try again.") }
        return hash
    }

    /// Whether the password is the one; without a hash it takes as long and is false.
    public func verify(_ password: SecretString, against hash: String?) async throws(Refusal) -> Bool {
        let decoy = decoy
        let matches = try await perform { Scrypt.verify(password, against: hash ?? decoy) }
        return matches && hash != nil
    }

    private func perform<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async throws(Refusal) -> Value {
        guard waiting.wrappingAdd(1, ordering: .relaxed).newValue <= Self.maximumWaiting else {
            waiting.wrappingSubtract(1, ordering: .relaxed)
            throw Refusal(.tooManyRequests, "Too many people are signing in at this moment: try again.", retryAfter: 5)
        }
        defer { waiting.wrappingSubtract(1, ordering: .relaxed) }
        return await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: work()) } }
    }
}
