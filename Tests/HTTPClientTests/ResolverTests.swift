import Dispatch
import ResourcePools
import Synchronization
import Testing

@testable import HTTPClient

@Suite("The resolver", .timeLimit(.minutes(1)))
struct ResolverTests {
    /// Look-ups, of which those of some names never end until the test says so.
    private final class Names: Sendable {
        private let gate = DispatchSemaphore(value: 0)
        private let asked = Mutex<[String]>([])

        var all: [String] { asked.withLock { $0 } }

        func open(_ count: Int) { for _ in 0..<count { gate.signal() } }

        func lookUp(_ name: String) -> [String] {
            asked.withLock { $0.append(name) }
            if name.hasPrefix("silent") { gate.wait() }
            return name.hasPrefix("unknown") ? [] : ["192.0.2.1"]
        }
    }

    @Test("takes threads of one account's share for name servers that never answer")
    func shares() async throws {
        let names = Names()
        let resolver = Resolver { names.lookUp($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<(Resolver.limits.share + 3) {
                group.addTask {
                    await #expect(throws: FairPool.Failure.self) {
                        try await resolver.addresses(
                            of: "silent\(number)", for: "attacker", patience: .milliseconds(1))
                    }
                }
            }
            while resolver.workers.places.usage.held < Resolver.limits.share {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        // The callers have given up; the threads have not come back.
        #expect(resolver.workers.places.usage.held == Resolver.limits.share)
        let found = try await resolver.addresses(of: "host", for: "victim", patience: .seconds(30))
        #expect(found == ["192.0.2.1"])
        #expect(names.all.filter { $0.hasPrefix("silent") }.count == Resolver.limits.share)
        names.open(Resolver.limits.share)
        while resolver.workers.places.usage.held > 0 { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("asks once for what it knows, and again for what has no address")
    func answers() async throws {
        let names = Names()
        let resolver = Resolver { names.lookUp($0) }
        for _ in 0..<2 {
            _ = try await resolver.addresses(of: "host", for: "a", patience: .seconds(30))
            _ = try await resolver.addresses(of: "unknown", for: "a", patience: .seconds(30))
        }
        #expect(names.all == ["host", "unknown", "unknown"])
    }

    @Test("knows this machine")
    func system() {
        let addresses = Resolver.system("localhost")
        #expect(addresses.contains("127.0.0.1") || addresses.contains("[::1]"))
        #expect(Resolver.system("no-such-name.invalid").isEmpty)
    }
}
