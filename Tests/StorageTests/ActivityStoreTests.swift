import Testing

@testable import Storage

/// Counts in the account file: added up, read by the span, and gone with their integration.
@Suite struct ActivityStoreTests {
    let temporary: TemporaryFolder
    let account: OpenAccount
    let integration: IntegrationRecord
    let hour = ActivitySpan.hour.start(of: Timestamp(seconds: 1_800_000_000))

    init() async throws {
        temporary = try TemporaryFolder()
        account = try temporary.open("acme")
        integration = try await temporary.integration(of: account)
    }

    private func record(_ served: Int64, hours: Int64 = 0, failed: Int64 = 0, of guid: GUID? = nil) -> ActivityRecord {
        var counts = ActivityCounts()
        counts.exchangesServed = served
        counts.refreshesFailed = failed
        return ActivityRecord(
            integration: guid ?? integration.guid, hour: hour + .seconds(hours * 3600), counts: counts)
    }

    private func served(_ guid: GUID?, _ span: ActivitySpan, from: Timestamp? = nil) async throws -> [Int64] {
        let found = try await account.store.activity(of: guid, by: span, from: from ?? Timestamp(seconds: 0))
        return found.sorted { $0.key < $1.key }.map(\.value.exchangesServed)
    }

    @Test func countsOfAnHourAddUpAndMakeADay() async throws {
        try await account.store.addActivity([record(2), record(3, hours: 1)])
        try await account.store.addActivity([record(5, hours: 1, failed: 1)])
        #expect(try await served(integration.guid, .hour) == [2, 8])
        #expect(try await served(integration.guid, .hour, from: hour + .seconds(1)) == [8])
        #expect(try await served(integration.guid, .day).reduce(0, +) == 10)
        #expect(try await served(nil, .hour) == [2, 8])
        let total = try #require(try await account.store.activityTotals(by: .hour, from: hour).first)
        #expect(total.integration == integration.guid && total.name == "data")
        #expect(total.counts.exchangesServed == 10 && total.counts.failures == 1)
    }

    @Test func everyKindHasAColumnOfItsOwn() async throws {
        var counts = ActivityCounts()
        for (number, kind) in ActivityKind.allCases.enumerated() { counts[kind] = Int64(number) + 1 }
        try await account.store.addActivity([
            ActivityRecord(integration: integration.guid, hour: hour, counts: counts)
        ])
        #expect(try await account.store.activity(of: integration.guid, by: .hour, from: hour) == [hour: counts])
    }

    @Test func anIntegrationThatIsGoneCountsForTheAccountAlone() async throws {
        try await account.store.addActivity([record(2)])
        try await account.store.removeIntegration(integration.guid, revoking: false, noting: nil)
        try await account.store.addActivity([record(3)])
        #expect(try await served(integration.guid, .hour) == [])
        #expect(try await served(nil, .hour) == [5])
        #expect(try await account.store.activityTotals(by: .hour, from: hour).isEmpty)
        // Another one does not take its counts over.
        let next = try await temporary.integration(of: account)
        #expect(try await served(next.guid, .day) == [])
    }

    @Test func whatIsOldIsDropped() async throws {
        try await account.store.addActivity([record(1), record(2, hours: 48)])
        try await account.store.pruneActivity(
            hoursBefore: hour + .seconds(3600), daysBefore: ActivitySpan.day.start(of: hour))
        #expect(try await served(integration.guid, .hour) == [2])
        #expect(try await served(integration.guid, .day) == [1, 2])
        try await account.store.pruneActivity(
            hoursBefore: hour, daysBefore: ActivitySpan.day.start(of: hour) + .seconds(86400))
        #expect(try await served(nil, .day) == [2])
    }
}
