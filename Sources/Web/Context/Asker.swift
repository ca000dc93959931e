import Accounts
import Integrations
import Storage
import Synchronization

/// The sender of a request, for shares of resources: a network at first, then an account and a person, once these are proven.
final class Asker: Sendable {
    /// That of the request that is being handled.
    @TaskLocal static var current: Asker?

    /// The sender's network.
    let network: String
    private let proven = Mutex<(account: TenantFingerprint, person: String)?>(nil)

    init(network: String) { self.network = network }

    /// The account and somebody in it, once they are proven.
    var known: (account: TenantFingerprint, person: String)? { proven.withLock { $0 } }

    /// Says that somebody of this account asks: a person or, where content asks, its key.
    static func isOf(_ tenant: Tenant, _ person: String) {
        current?.proven.withLock { $0 = (tenant.account.fingerprint, person) }
    }
}
