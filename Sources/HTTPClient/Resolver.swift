import CCurl
import Glibc
import ResourcePools
import Synchronization

/// Finds the addresses of names on a bounded number of threads, with a share for each holder.
///
/// libcurl starts a thread for each look-up and leaves it alone when the time is over, so that name servers which never
/// answer gather threads without limit. The system's resolver cannot be stopped; here it keeps a thread of its holder's
/// share until it returns, and nobody else's.
final class Resolver: Sendable {
    /// Name servers that never answer hold a thread for some 20 s each.
    static let limits = FairPool.Limits(total: 32, share: 4, queue: 128)
    /// Answers are used again for as long as libcurl would do it by default.
    private static let lifetime = Duration.seconds(60)
    private static let maximumAnswers = 1000

    private struct Known {
        let addresses: [String]
        let until: ContinuousClock.Instant
    }

    let workers = FairWorkers("resolvers", Resolver.limits)
    private let known = Mutex<[String: Known]>([:])
    private let lookUp: @Sendable (String) -> [String]

    /// - Parameter lookUp: asks the system; replaced in tests.
    init(lookUp: @escaping @Sendable (String) -> [String] = Resolver.system) { self.lookUp = lookUp }

    /// The addresses of a name, as libcurl's `CURLOPT_RESOLVE` takes them; empty where it has none.
    func addresses(
        of name: String, for holder: String, patience: Duration
    ) async throws(FairPool.Failure) -> [String] {
        if let addresses = remembered(name) { return addresses }
        return try await workers.runUnstoppable(for: holder, patience: patience) { [self] in
            // Another look-up may have found them while this one waited for a thread.
            if let addresses = remembered(name) { return addresses }
            let addresses = lookUp(name)
            if !addresses.isEmpty { remember(addresses, of: name) }
            return addresses
        }
    }

    private func remembered(_ name: String) -> [String]? {
        guard let known = known.withLock({ $0[name] }), ContinuousClock.now < known.until else { return nil }
        return known.addresses
    }

    private func remember(_ addresses: [String], of name: String) {
        let now = ContinuousClock.now
        known.withLock { known in
            if known.count >= Self.maximumAnswers {
                known = known.filter { now < $0.value.until }
                // Of those that are still good, the one that ends first makes room.
                if known.count >= Self.maximumAnswers, let oldest = known.min(by: { $0.value.until < $1.value.until }) {
                    known[oldest.key] = nil
                }
            }
            known[name] = Known(addresses: addresses, until: now + Self.lifetime)
        }
    }

    /// Asks the system (getaddrinfo(3)), which may block for long.
    @Sendable static func system(_ name: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var entry = list
        while let current = entry?.pointee {
            if let pointer = current.ai_addr,
                let address = IPAddress(UnsafeRawPointer(pointer), length: Int(current.ai_addrlen))
            {
                let text = address.bits == 32 ? "\(address)" : "[\(address)]"
                if !addresses.contains(text) { addresses.append(text) }
            }
            entry = current.ai_next
        }
        return addresses
    }
}
