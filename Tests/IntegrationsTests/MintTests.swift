import Accounts
import Cryptography
import Storage
import Synchronization
import Testing

@testable import Integrations

private final class Requests: Sendable {
    let count = Atomic<Int>(0)
}

@Suite struct MintTests {
    private func key(_ house: HouseFixture) -> SessionKey {
        SessionKey(user: house.viewer.guid, integration: house.integration.guid)
    }

    private func coin(_ text: String, _ house: HouseFixture, seconds: Int64 = 3600) -> Mint.Coin {
        Mint.Coin(
            token: SecretString(text), expiresAt: house.time.now + .seconds(seconds),
            refreshAt: house.time.now + .seconds(seconds - 60))
    }

    private func open(_ token: LiveToken, _ house: HouseFixture) throws -> String {
        String(
            decoding: try house.tenant.account.vault.openBytes(token.sealed, additionalData: token.additionalData),
            as: UTF8.self)
    }

    @Test func whoeverAsksAtTheSameTimeWaitsForOneRequest() async throws {
        let house = try await HouseFixture()
        let mint = Mint(account: house.tenant.account, clock: house.time.clock, monotonic: house.time.monotonic)
        let requests = Requests()
        let (key, coin) = (key(house), coin("one", house))
        try await withThrowingTaskGroup(of: LiveToken.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await mint.token(key, version: 1) {
                        requests.count.wrappingAdd(1, ordering: .relaxed)
                        await Task.yield()
                        return .success(coin)
                    }
                }
            }
            for try await token in group { #expect(try open(token, house) == "one") }
        }
        #expect(requests.count.load(ordering: .relaxed) == 1)
    }

    @Test func aChangedIntegrationMakesTheOldTokenWorthless() async throws {
        let house = try await HouseFixture()
        let mint = Mint(account: house.tenant.account, clock: house.time.clock, monotonic: house.time.monotonic)
        let (one, two) = (coin("one", house), coin("two", house))
        _ = try await mint.token(key(house), version: 1) { .success(one) }
        #expect(try open(try await mint.token(key(house), version: 2) { .success(two) }, house) == "two")
    }

    @Test func nobodyWaitsForARequestThatWasSentBeforeTheIntegrationChanged() async throws {
        let house = try await HouseFixture()
        let mint = Mint(account: house.tenant.account, clock: house.time.clock, monotonic: house.time.monotonic)
        let (key, one, two) = (key(house), coin("one", house), coin("two", house))
        let (sent, sending) = AsyncStream<Void>.makeStream()
        let served = Requests()
        async let early = mint.token(key, version: 1) {
            sending.finish()
            // Bounded, so that whoever waits for this one by mistake gets its answer, and the test fails.
            for _ in 0..<1000 where served.count.load(ordering: .relaxed) == 0 {
                try? await Task.sleep(for: .milliseconds(2))
            }
            return .success(one)
        }
        for await _ in sent {}
        // The answer to the first comes only after the second has its own.
        let late = try await mint.token(key, version: 2) { .success(two) }
        #expect(try open(late, house) == "two")
        served.count.wrappingAdd(1, ordering: .relaxed)
        #expect(try open(try await early, house) == "one")
        let kept = try await mint.token(key, version: 2) { .failure(Refusal(.serviceAccountFailed, "asked again")) }
        #expect(try open(kept, house) == "two")
    }

    @Test func theOldTokenIsServedWhileItWorksAndNoLonger() async throws {
        let house = try await HouseFixture()
        let mint = Mint(account: house.tenant.account, clock: house.time.clock, monotonic: house.time.monotonic)
        let one = coin("one", house)
        let gone = Refusal(.serviceAccountFailed, "gone")
        _ = try await mint.token(key(house), version: 1) { .success(one) }
        house.time.advance(3570)
        #expect(try open(try await mint.token(key(house), version: 1) { .failure(gone) }, house) == "one")
        house.time.advance(60)
        await #expect(
            performing: { try await mint.token(key(house), version: 1) { .failure(gone) } },
            throws: isRefusal(.serviceAccountFailed))
    }
}
