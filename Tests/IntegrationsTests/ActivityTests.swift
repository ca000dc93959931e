import Accounts
import HTTPClient
import Storage
import Synchronization
import Testing

@testable import Integrations

/// Counting: in memory, without a write, and once; then in the file.
@Suite struct ActivityTests {
    let sleeper = TestSleeper()
    let house: HouseFixture

    init() async throws { house = try await HouseFixture(sleeper: sleeper.sleeper) }

    private var activity: Activity { house.tenant.activity }

    /// What the file has, without what memory has.
    private func stored() async throws -> ActivityCounts {
        let hours = try await house.tenant.account.store.activity(
            of: house.integration.guid, by: .hour, from: Timestamp(seconds: 0))
        return hours.values.reduce(into: ActivityCounts()) { $0 += $1 }
    }

    /// What is shown: file and memory together.
    private func shown(_ window: ActivityWindow = .day) async throws -> ActivityCounts {
        try await activity.series(of: house.integration.guid, window).reduce(into: ActivityCounts()) {
            $0 += $1.counts
        }
    }

    @Test func whatMemoryAnswersIsCountedAndWrittenOnceAMinute() async throws {
        try await house.logIn()
        _ = try await house.exchange()
        for _ in 0..<5 { #expect(house.recall() == "access-1") }
        #expect(try await stored().isEmpty)
        #expect(try await shown().exchangesServed == 6)
        #expect(sleeper.sleepers == 1)
        sleeper.wakeAll()
        try await eventually { try await stored().exchangesServed == 6 }
        #expect(try await shown().exchangesServed == 6)
        // What memory alone answers sets the next minute going.
        #expect(house.recall() == "access-1")
        try await eventually { sleeper.sleepers == 1 }
        sleeper.wakeAll()
        try await eventually { try await stored().exchangesServed == 7 }
    }

    @Test func whoAskedAndWhoFailedAreToldApart() async throws {
        await #expect(throws: (any Error).self) { try await house.exchange() }
        #expect(try await shown().exchangesRefused == 1)
        try await house.logIn(expiresIn: 60)
        house.time.advance(61)
        house.provider.fails(.noAnswer)
        await #expect(throws: (any Error).self) { try await house.exchange() }
        house.time.advance(120)
        house.provider.grants("access-2")
        #expect(try await house.exchange() == "access-2")
        let counts = try await shown()
        #expect(counts.exchangesRefused == 1 && counts.exchangesFailed == 1 && counts.exchangesServed == 1)
        #expect(counts.refreshesFailed == 1 && counts.refreshesDone == 1)
        let health = try #require(
            try await activity.health(since: house.time.now - .seconds(86400))[house.integration.guid])
        #expect(health.exchanges == 1 && health.refreshes == 1 && health.failures == 2)
        #expect(health.state == .failing && health.words == "1 exchange, 1 refresh, 2 failures")
    }

    @Test func whatAnUnknownAudienceAsksForIsNobodys() async throws {
        try await house.logIn()
        let form = house.form(["audience": house.tenant.account.makeGUID().description])
        await #expect(throws: (any Error).self) {
            try await house.tenant.exchange.perform(key: house.key, form: form, onDemand: false, from: .system)
        }
        #expect(try await shown().isEmpty)
    }

    @Test func anHourKeepsItsOwnCounts() async throws {
        activity.count(.loginsDone, of: house.integration.guid)
        house.time.advance(3600)
        activity.count(.loginsDone, of: house.integration.guid)
        await activity.flush()
        let series = try await activity.series(of: nil, .day)
        #expect(series.count == 24)
        #expect(series.suffix(2).map(\.counts.loginsDone) == [1, 1])
        #expect(series.last?.start == ActivitySpan.hour.start(of: house.time.now))
        for window in [ActivityWindow.week, .month] { #expect(try await shown(window).loginsDone == 2) }
        house.time.advance(25 * 3600)
        #expect(try await shown().isEmpty)
        #expect(try await activity.health(since: house.time.now - .seconds(86400))[house.integration.guid] == nil)
    }

    @Test func whenTheServerStopsWhatWasCountedIsWritten() async throws {
        activity.count(.loginsFailed, of: house.integration.guid)
        await house.tenant.drain()
        #expect(try await stored().loginsFailed == 1)
    }

    @Test func anAccountThatClosesWritesWhatItCounted() async throws {
        let slug = try #require(AccountSlug("umbrella"))
        try house.directory.create(slug, name: "Umbrella", at: house.time.now)
        weak var closed: Tenant?
        do {
            let visited = try #require(try await house.directory.visit(slug))
            visited.activity.count(.exchangesServed, of: visited.account.makeGUID())
            closed = visited
        }
        try await eventually { closed == nil }
        let again = try #require(try await house.directory.visit(slug))
        try await eventually {
            try await again.account.store.activity(of: nil, by: .hour, from: Timestamp(seconds: 0)).values
                .map(\.exchangesServed) == [1]
        }
    }

    @Test func whatCannotBeWrittenWaits() async throws {
        let isFull = Atomic<Bool>(true)
        let written = Mutex<[ActivityRecord]>([])
        let memory = ExchangeMemory(account: house.tenant.account, clock: house.time.clock)
        let activity = Activity(account: house.tenant.account, world: house.world, memory: memory) {
            records throws(StoreError) in
            guard !isFull.load(ordering: .acquiring) else { throw StoreError(.cannotWrite, "full") }
            written.withLock { $0 += records }
        }
        activity.count(.exchangesServed, of: house.integration.guid)
        await activity.flush()
        #expect(written.withLock { $0.isEmpty })
        #expect(try await activity.series(of: nil, .day).last?.counts.exchangesServed == 1)
        isFull.store(false, ordering: .releasing)
        await activity.flush()
        await activity.flush()
        #expect(written.withLock { $0.map(\.counts.exchangesServed) } == [1])
    }

    @Test func anotherAccountsIntegrationIsUnknown() async throws {
        let slug = try #require(AccountSlug("umbrella"))
        let stranger = GUID(tenant: TenantFingerprint(of: slug))
        await #expect(
            performing: { try await activity.series(of: stranger, .day) }, throws: isRefusal(.objectDoesNotExist))
    }

    @Test func windowsBeginOnTheClock() throws {
        let now = try #require(Timestamp("2026-05-15T13:45:10Z"))
        #expect(ActivityWindow.day.start(at: now).description == "2026-05-14T14:00:00Z")
        #expect(ActivityWindow.week.start(at: now).description == "2026-05-09T00:00:00Z")
        #expect(ActivityWindow.month.start(at: now).description == "2026-04-16T00:00:00Z")
        #expect(ActivityWindow.day.steps(at: now).last?.description == "2026-05-15T13:00:00Z")
        #expect(ActivityWindow.week.steps(at: now).last?.description == "2026-05-15T12:00:00Z")
        #expect(ActivityWindow.month.steps(at: now).count == 30)
    }
}

/// Waits for a condition; nothing here depends on how long it takes.
private func eventually(_ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        try #require(ContinuousClock.now < end, "waited in vain")
        try await Task.sleep(for: .milliseconds(2))
    }
}
