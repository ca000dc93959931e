import Storage
import Testing

@testable import Integrations

@Suite struct TokenCacheTests {
    private func key(_ number: Int) throws -> SessionKey {
        let slug = try #require(AccountSlug("acme"))
        return SessionKey(user: GUID(tenant: TenantFingerprint(of: slug)), integration: GUID(tenant: .init(of: slug)))
    }

    @Test func itForgetsAllWhereTokensTakeTooMuchRoom() throws {
        var cache = TokenCache<Int>(maximumCount: 100, maximumBytes: 1000)
        let keys = try (0..<4).map(key)
        for (number, key) in keys.prefix(3).enumerated() { cache.keep(number, bytes: 300, for: key) }
        #expect(cache.count == 3 && cache.bytes == 900)
        cache.keep(7, bytes: 400, for: keys[0])
        #expect(cache.count == 3 && cache.bytes == 1000 && cache[keys[0]] == 7)
        cache.keep(3, bytes: 300, for: keys[3])
        #expect(cache.count == 1 && cache.bytes == 300 && cache[keys[3]] == 3)
        cache.forget(keys[3])
        #expect(cache.count == 0 && cache.bytes == 0 && cache[keys[3]] == nil)
    }

    @Test func itForgetsAllWhereThereAreTooMany() throws {
        var cache = TokenCache<Int>(maximumCount: 2)
        for (number, key) in try (0..<3).map(key).enumerated() { cache.keep(number, bytes: 1, for: key) }
        #expect(cache.count == 1 && cache.bytes == 1)
    }
}
