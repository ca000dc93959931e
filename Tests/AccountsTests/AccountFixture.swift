import Cryptography
import Glibc
import Storage
import Synchronization

@testable import Accounts

/// A time that a test moves.
final class TestClock: Sendable {
    private let seconds = Atomic<Int64>(1_800_000_000)

    var clock: WallClock { WallClock { Timestamp(seconds: self.seconds.load(ordering: .relaxed)) } }
    var monotonic: MonotonicClock { MonotonicClock { .seconds(self.seconds.load(ordering: .relaxed)) } }
    var now: Timestamp { clock.now }
    func advance(_ duration: Duration) { seconds.wrappingAdd(duration.components.seconds, ordering: .relaxed) }
}

/// An account on disk with its people and content, which goes with the test.
final class AccountFixture: Sendable {
    let directory: AccountDirectory<OpenAccount>
    let account: OpenAccount
    let people: People
    let contents: Contents
    let groups: Groups
    let time = TestClock()

    init(_ name: String = "acme") async throws {
        let path =
            "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/gatehouse-\(Hex.encode(SecureRandom.bytes(8)))"
        directory = try AccountDirectory(folder: try DataFolder.make(at: path), ring: .fresh()) { $0 }
        guard let slug = AccountSlug(name) else { throw Refusal.notFound("account") }
        try directory.create(slug, name: name, at: time.now)
        guard let account = try await directory.tenant(slug) else { throw Refusal.notFound("account") }
        self.account = account
        people = People(
            account: account, clock: time.clock, hasher: PasswordHasher(),
            limiter: AttemptLimiter(clock: time.monotonic), noting: { _ in }
        )
        groups = Groups(account: account, clock: time.clock)
        contents = Contents(
            account: account, clock: time.clock,
            upstreams: UpstreamPolicy(ownPort: 8080) { host, port in host == "apps.internal.example" && port == 9000 }
        )
    }

    deinit {
        try? directory.folder.erase(account.slug)
        rmdir(directory.folder.path)
    }

    var admin: Administrator { .operator(account, at: time.now) }

    func invite(_ email: String, _ role: Role) async throws -> People.Invitation {
        try await people.invite(email: email, role: role, by: admin)
    }

    func publisher(_ email: String = "pat@acme.example") async throws -> Publisher {
        try Publisher(Caller(user: try await invite(email, .publisher).user, origin: .system))
    }
}

extension Refusal {
    static func isCode(_ code: ErrorCode) -> @Sendable (any Error) -> Bool { { ($0 as? Refusal)?.code == code } }
}

extension Origin {
    static func browser(_ address: String) -> Origin { Origin(.browser, address: address, correlationID: "test") }
}
