import Accounts
import Cryptography
import Glibc
import HTTPClient
import JSON
import OAuthClient
import Storage
import Testing

@testable import Integrations

/// Whatever a token endpoint answers: only what the table names ends, and the cause is in the audit.
@Suite(.timeLimit(.minutes(5))) struct TokenEndpointPropertyTests {
    /// SplitMix64: the same cases in every run of one seed.
    private struct Generator: RandomNumberGenerator {
        let seed: UInt64
        private var state: UInt64

        init() {
            seed = getenv("GATEHOUSE_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? 20_261_121
            state = seed
        }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    private struct Case {
        var response: OutboundResponse
        var entry: TokenErrorCode?

        /// What the documentation says of it.
        var effect: TokenErrorCode.Effect {
            switch response.status {
            case 429: .integration
            case 408, 500..., 300..<400: .nothing
            default: entry?.effect ?? .nothing
            }
        }
    }

    private static let statuses = [200, 201, 204, 301, 400, 400, 400, 401, 403, 404, 408, 418, 429, 500, 503, 599]
    private static let headers: [(name: String, value: String)] = [
        ("Content-Type", "application/json"), ("Content-Type", "text/html; charset=\u{0}"), ("Content-Type", ""),
        ("Content-Type", "application/x-www-form-urlencoded"), ("Retry-After", "soon"), ("Retry-After", "-1"),
        ("Retry-After", "3"), ("Content-Encoding", "gzip"), ("X", String(repeating: "y", count: 5000)),
    ]

    private func makeCase(_ generator: inout Generator) -> Case {
        let status = Self.statuses.randomElement(using: &generator) ?? 400
        let headers = (0..<Int.random(in: 0...3, using: &generator)).compactMap { _ in
            Self.headers.randomElement(using: &generator)
        }
        var made = Case(response: OutboundResponse(status: status, headers: headers))
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
            made.response.body = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
        case 1:
            let bodies = [
                "", "{}", "[]", "null", "<html>", "{", #"{"access_token":5}"#, #"{"access_token":"a b"}"#,
                #"{"access_token":"a","token_type":"mac"}"#, #"{"error":{}}"#, #"{"error":[]}"#, "=", "&&", "a=b&a=c",
                #"{"access_token":""}"#, #"{"refresh_token":"x"}"#, String(repeating: "[", count: 10_000),
            ]
            made.response.body = Array((bodies.randomElement(using: &generator) ?? "").utf8)
        default:
            made.entry = TokenErrorCode.all.randomElement(using: &generator)
            let isKnown = made.entry != nil && Bool.random(using: &generator)
            if !isKnown { made.entry = nil }
            let code = made.entry?.code ?? "unheard_of_\(Int.random(in: 0..<99, using: &generator))"
            let sentence = "Words \(made.entry?.words ?? "")"
            made.response.body = JSON.object(
                ["error": .string(code), "error_description": .string(sentence)]
            ).serialized()
            if Bool.random(using: &generator) { made.response.body = [0xEF, 0xBB, 0xBF] + made.response.body }
        }
        return made
    }

    @Test func aRandomAnswerEndsOnlyWhatTheTableNames() async throws {
        let house = try await HouseFixture()
        var generator = Generator()
        for number in 0..<200 {
            let made = makeCase(&generator)
            let comment = Comment(rawValue: "seed \(generator.seed), case \(number): \(made.response)")
            try await house.logIn("access-\(number)")
            // The old token has ended, and all pauses of the case before are over.
            house.time.advance(4000)
            house.provider.next { _ throws(OutboundError) in made.response }
            let refusal = try await refusal(of: house)
            let session = try #require(try await house.session(), comment)
            let hasEnded = session.needsLogin != nil
            #expect(hasEnded == (made.effect == .session), comment)
            #expect(refusal?.code == (hasEnded ? .loginRequired : .refreshFailed), comment)
            #expect(session.tokens.refresh != nil, comment)
            let circuit = "integration \(house.integration.guid)"
            let circuits = house.tenant.exchange.sources.keeper.circuits
            #expect((circuits.wait(circuit) != nil) == (made.effect == .integration), comment)
            circuits.release(circuit)
            #expect(refusal?.cause?.isEmpty == false, comment)
            if hasEnded {
                let line = try #require(
                    try await house.audit(.reauthorizationRequired, .sessionCreated).last, comment)
                #expect(line.action == .reauthorizationRequired, comment)
                #expect(line.details["cause"]?.stringValue == refusal?.cause, comment)
                continue
            }
            house.time.advance(120)
            house.provider.grants("next-\(number)")
            #expect(try await exchange(house) == "next-\(number)", comment)
        }
    }

    /// With a session token of the moment: time goes far here.
    private func exchange(_ house: HouseFixture) async throws -> String {
        let token = try SessionToken.Signer(house.tenant.account.vault)
            .issue(user: house.viewer.guid, content: house.content.guid, at: house.time.now)
        let form = house.form(["subject_token": token.reveal()])
        let granted = try await house.tenant.exchange.perform(
            key: house.key, form: form, onDemand: false, from: .system)
        return String(decoding: granted.token, as: UTF8.self)
    }

    private func refusal(of house: HouseFixture) async throws -> Refusal? {
        do {
            _ = try await exchange(house)
            return nil
        } catch let refusal as Refusal {
            return refusal
        }
    }
}

extension HouseFixture {
    /// The newest lines of some actions, oldest first.
    fileprivate func audit(_ actions: EventAction...) async throws -> [EventRecord] {
        var filter = AuditFilter()
        filter.actions = actions
        return try await tenant.account.store.auditPage(filter, at: nil, ascending: false, limit: 20, upTo: nil)
            .lines.map(\.event).reversed()
    }
}
