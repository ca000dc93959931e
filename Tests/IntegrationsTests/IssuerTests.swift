import Accounts
import Cryptography
import JSON
import Storage
import Testing

@testable import Integrations

@Suite struct IssuerTests {
    private func parts(_ token: SecretString) throws -> (
        header: JSON, claims: JSON, signed: [UInt8], signature: [UInt8]
    ) {
        let parts = token.reveal().split(separator: ".").map(String.init)
        func decoded(_ index: Int) throws -> [UInt8] { try #require(Base64URL.decode(parts[index])) }
        return (
            try JSON.parse(try decoded(0)), try JSON.parse(try decoded(1)), Array("\(parts[0]).\(parts[1])".utf8),
            try decoded(2)
        )
    }

    private func key(_ id: String, in set: JSON) throws -> PublicKey {
        let found = set["keys"]?.arrayValue?.first { $0["kid"]?.stringValue == id }
        let members = try #require(found?.objectValue).compactMap { name, value in
            value.stringValue.map { (name: name, value: $0) }
        }
        return try PublicKey(jwkMembers: members)
    }

    @Test func aStatementVerifiesByThePublishedKeysBeforeAndAfterARotation() async throws {
        let house = try await HouseFixture()
        let issuer = house.tenant.issuer
        let old = try parts(try await issuer.token(subject: "user:1", audience: "sts"))
        #expect(old.claims["iss"] == .string("https://g.example/accounts/acme"))
        #expect(old.claims["sub"] == "user:1" && old.claims["aud"] == "sts")
        let rotated = try await issuer.rotate(atOnce: true, by: .operator(house.tenant.account, at: house.time.now))
        let new = try parts(try await issuer.token(subject: "user:1", audience: "sts"))
        #expect(new.header["kid"]?.stringValue == rotated)
        #expect(old.header["kid"] != new.header["kid"])
        let set = try await issuer.keySet()
        for token in [old, new] {
            let id = try #require(token.header["kid"]?.stringValue)
            #expect(try key(id, in: set).isValid(signature: token.signature, for: token.signed))
        }
    }

    @Test func theKeyThatSignsNextIsPublishedBeforehand() async throws {
        let house = try await HouseFixture()
        _ = try await house.tenant.issuer.token(subject: "user:1", audience: "sts")
        let before = try await house.tenant.issuer.keySet()
        let next = try await house.tenant.issuer.rotate(
            atOnce: true, by: .operator(house.tenant.account, at: house.time.now))
        _ = try key(next, in: before)
    }

    @Test func aRetiredKeyIsShownForAWhileAndThenForgotten() async throws {
        let house = try await HouseFixture()
        let token = try parts(try await house.tenant.issuer.token(subject: "user:1", audience: "sts"))
        let id = try #require(token.header["kid"]?.stringValue)
        _ = try await house.tenant.issuer.rotate(atOnce: true, by: .operator(house.tenant.account, at: house.time.now))
        _ = try key(id, in: try await house.tenant.issuer.keySet())
        house.time.advance(8 * 24 * 60 * 60)
        let set = try await house.tenant.issuer.keySet()
        #expect(set["keys"]?.arrayValue?.contains { $0["kid"]?.stringValue == id } == false)
    }

    @Test func aKeyIsReplacedByItselfWhenItIsOld() async throws {
        let house = try await HouseFixture()
        let old = try parts(try await house.tenant.issuer.token(subject: "user:1", audience: "sts")).header["kid"]
        house.time.advance(91 * 24 * 60 * 60)
        let new = try parts(try await house.tenant.issuer.token(subject: "user:1", audience: "sts")).header["kid"]
        #expect(old != new)
    }

    @Test func rotatingAKeyThatIsTooOldRotatesOnce() async throws {
        let house = try await HouseFixture()
        _ = try await house.tenant.issuer.token(subject: "user:1", audience: "sts")
        let published = try await house.tenant.issuer.keySet()
        house.time.advance(91 * 24 * 60 * 60)
        let next = try await house.tenant.issuer.rotate(
            atOnce: true, by: .operator(house.tenant.account, at: house.time.now))
        _ = try key(next, in: published)
    }

    @Test func manyWhoFindTheKeyTooOldLetTheNextOneSignAndNoneAfterIt() async throws {
        let house = try await HouseFixture()
        let issuer = house.tenant.issuer
        _ = try await issuer.token(subject: "user:1", audience: "sts")
        let published = try await issuer.keySet()
        house.time.advance(91 * 24 * 60 * 60)
        let tokens = try await withThrowingTaskGroup(of: SecretString.self) { group in
            for _ in 0..<6 { group.addTask { try await issuer.token(subject: "user:1", audience: "sts") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for token in tokens {
            _ = try key(try #require(try parts(token).header["kid"]?.stringValue), in: published)
        }
    }

    @Test func aKeyThatNobodyHasSeenSignsOnlyAtOnce() async throws {
        let house = try await HouseFixture()
        let admin = Administrator.operator(house.tenant.account, at: house.time.now)
        _ = try await house.tenant.issuer.keySet()
        await #expect(
            performing: { try await house.tenant.issuer.rotate(atOnce: false, by: admin) },
            throws: isRefusal(.prohibitedChange))
        house.time.advance(Issuer.cacheLifetime.components.seconds)
        _ = try await house.tenant.issuer.rotate(atOnce: false, by: admin)
        await #expect(
            performing: { try await house.tenant.issuer.rotate(atOnce: false, by: admin) },
            throws: isRefusal(.prohibitedChange))
    }
}
