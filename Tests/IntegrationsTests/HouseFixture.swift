import Accounts
import Cryptography
import Glibc
import HTTPClient
import JSON
import Logging
import OAuthClient
import Storage
import Synchronization
import Testing

@testable import Integrations

/// A time that a test moves.
final class TestClock: Sendable {
    private let seconds = Atomic<Int64>(1_800_000_000)

    var clock: WallClock { WallClock { Timestamp(seconds: self.seconds.load(ordering: .relaxed)) } }
    var monotonic: MonotonicClock { MonotonicClock { .seconds(self.seconds.load(ordering: .relaxed)) } }
    var now: Timestamp { clock.now }
    func advance(_ seconds: Int64) { self.seconds.wrappingAdd(seconds, ordering: .relaxed) }
}

/// A provider that answers as it is told and counts what it was asked.
final class ScriptedProvider: HTTPTransport {
    typealias Answer = @Sendable (OutboundRequest) async throws(OutboundError) -> OutboundResponse

    private let answers = Mutex<[Answer]>([])
    private let asked = Mutex<[[String: String]]>([])
    private let whole = Mutex<[OutboundRequest]>([])

    var requests: [[String: String]] { asked.withLock { $0 } }
    /// What was asked, as it was sent.
    var sent: [OutboundRequest] { whole.withLock { $0 } }

    func next(_ answer: @escaping Answer) { answers.withLock { $0.append(answer) } }

    func grants(_ token: String, refresh: String? = "refresh", expiresIn: Int64? = 3600) {
        var body: JSONObject = ["access_token": .string(token), "token_type": "Bearer"]
        if let refresh { body["refresh_token"] = .string(refresh) }
        if let expiresIn { body["expires_in"] = .integer(expiresIn) }
        let bytes = JSON.object(body).serialized()
        next { _ throws(OutboundError) in Self.json(200, bytes) }
    }

    func refuses(_ error: String, status: Int = 400) {
        let bytes = JSON.object(["error": .string(error)]).serialized()
        next { _ throws(OutboundError) in Self.json(status, bytes) }
    }

    func fails(_ code: OutboundError.Code) {
        next { request throws(OutboundError) in throw OutboundError(code, authority: request.url.authority) }
    }

    static func json(_ status: Int, _ bytes: [UInt8]) -> OutboundResponse {
        OutboundResponse(status: status, headers: [(name: "Content-Type", value: "application/json")], body: bytes)
    }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let fields = (try? FormEncoding.fields(request.body)) ?? [:]
        asked.withLock { $0.append(fields) }
        whole.withLock { $0.append(request) }
        let answer = answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let answer else { throw OutboundError(.notConnected, authority: request.url.authority) }
        return try await answer(request)
    }
}

/// One account with an integration, a content that uses it, and a viewer; on disk, with a provider that follows a script.
final class HouseFixture: Sendable {
    static let policy = OutboundPolicy()

    let time = TestClock()
    let provider = ScriptedProvider()
    let world: World
    let directory: AccountDirectory<Tenant>
    let tenant: Tenant
    let key: SecretString
    let viewer: UserRecord
    let integration: IntegrationRecord
    let content: ContentRecord
    let token: SecretString

    /// - Parameter sleeper: how the background waits; without one nothing is done there.
    init(template: String = "databricks", config: JSONObject? = nil, sleeper: Sleeper? = nil) async throws {
        let path =
            "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/gatehouse-\(Hex.encode(SecureRandom.bytes(8)))"
        let world = World(
            clock: time.clock, address: PublicAddress(base: "https://g.example", content: "https://apps.example"),
            outbound: Self.policy, transport: provider, upstreams: UpstreamPolicy(ownPort: nil) { _, _ in false },
            hasher: PasswordHasher(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            monotonic: time.monotonic, sleeper: sleeper
        )
        self.world = world
        directory = try AccountDirectory(folder: try DataFolder.make(at: path), ring: .fresh()) {
            try Tenant($0, world: world)
        }
        let slug = try #require(AccountSlug("acme"))
        try directory.create(slug, name: "Acme", at: time.now)
        tenant = try #require(try await directory.tenant(slug))
        let admin = Administrator.operator(tenant.account, at: time.now)
        let publisher = try await tenant.people.invite(email: "pat@acme.example", role: .publisher, by: admin)
        key = publisher.apiKey
        viewer = try await tenant.people.invite(email: "vic@acme.example", role: .viewer, by: admin).user
        var fields = IntegrationCatalog.Fields()
        fields.name = "data"
        fields.config = config ?? Self.databricks
        integration = try await tenant.integrations.create(template: template, fields, by: admin).integration
        var wanted = Contents.Fields()
        wanted.accessType = "logged_in"
        wanted.upstreamURL = "http://127.0.0.1:9001"
        let owner = try Publisher(try await tenant.people.caller(key: key, from: .system))
        content = try await tenant.contents.create(wanted, by: owner)
        try await tenant.associations.replace(of: content.guid, with: [integration.guid], by: owner)
        token = try SessionToken.Signer(tenant.account.vault)
            .issue(user: viewer.guid, content: content.guid, at: time.now)
    }

    deinit {
        try? directory.folder.erase(tenant.account.slug)
        rmdir(directory.folder.path)
    }

    static let databricks: JSONObject = [
        "workspace_host": "dbc-1.cloud.databricks.com", "client_id": "client", "client_secret": "the secret",
    ]

    /// What a login leaves, stored without one.
    func logIn(_ access: String = "access-1", refresh: String? = "refresh-1", expiresIn: Int64? = 3600) async throws {
        let grant = TokenGrant(
            accessToken: SecretString(access), refreshToken: refresh.map { SecretString($0) },
            expiresIn: expiresIn.map { .seconds($0) }
        )
        try await tenant.exchange.sources.keeper.store(
            grant, integration: integration, sentAt: time.now, by: Caller(user: viewer, origin: .system))
    }

    var form: [UInt8] { form([:]) }

    func form(_ changes: [String: String?]) -> [UInt8] {
        var fields: [String: String?] = [
            "grant_type": ExchangeRequest.grantType, "subject_token_type": ExchangeRequest.userTokenType,
            "subject_token": token.reveal(),
        ]
        for (name, value) in changes { fields[name] = .some(value) }
        // Sorted: memory knows a request by its bytes, and clients send theirs in one order.
        let pairs = fields.sorted { $0.key < $1.key }
        return FormEncoding.encode(pairs.compactMap { name, value in value.map { (name: name, value: $0) } })
    }

    func exchange(onDemand: Bool = false) async throws -> String {
        let granted = try await tenant.exchange.perform(key: key, form: form, onDemand: onDemand, from: .system)
        return String(decoding: granted.token, as: UTF8.self)
    }

    /// The answer from memory.
    func recall() -> String? {
        let form = form
        return key.withUnsafeBytes { key in
            form.withUnsafeBytes { tenant.exchange.recall(key: key, form: $0) }
        }.map { String(decoding: $0.token, as: UTF8.self) }
    }

    /// The audit, oldest first.
    func audit() async throws -> [EventRecord] {
        try await tenant.account.store.auditPage(AuditFilter(), at: nil, ascending: true, limit: 500, upTo: nil)
            .lines.map(\.event)
    }

    func session() async throws -> OAuthSessionRecord? {
        try await tenant.account.store.oauthSession(user: viewer.guid, integration: integration.guid)
    }
}

func isRefusal(_ code: ErrorCode, reason: String? = nil) -> @Sendable (any Error) -> Bool {
    { error in
        guard let refusal = error as? Refusal, refusal.code == code else { return false }
        return reason == nil || refusal.payload?["reason"]?.stringValue == reason
    }
}
