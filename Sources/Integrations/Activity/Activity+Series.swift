public import Accounts
public import Storage

extension Activity {
    /// The counts of a length of time.
    public struct Point: Sendable {
        /// Its beginning.
        public let start: Timestamp
        /// How often what happened in it.
        public let counts: ActivityCounts
    }

    /// What happened over a window of time, step by step; steps in which nothing happened are there too.
    ///
    /// - Parameters:
    ///   - integration: nil for the account as a whole, with integrations that are gone by now.
    ///   - window: ends with the step that is under way.
    /// - Throws: `Refusal` 4 where there is no such integration.
    public func series(of integration: GUID?, _ window: ActivityWindow) async throws(Refusal) -> [Point] {
        if let integration {
            let found = try await attempt { () throws(StoreError) in try await account.store.integration(integration) }
            guard found != nil else { throw .notFound("integration") }
        }
        let now = clock.now
        let start = window.start(at: now)
        let (stored, waiting, _) = try await together { () throws(StoreError) in
            try await self.account.store.activity(of: integration, by: window.source, from: start)
        }
        var steps: [Timestamp: ActivityCounts] = [:]
        for (time, counts) in stored { steps[window.step(of: time), default: ActivityCounts()] += counts }
        for (slot, counts) in waiting where slot.hour >= start && integration.map({ $0 == slot.integration }) ?? true {
            steps[window.step(of: slot.hour), default: ActivityCounts()] += counts
        }
        return window.steps(at: now).map { Point(start: $0, counts: steps[$0] ?? ActivityCounts()) }
    }

    /// All integrations with the sums of their counts over a window of time, by name.
    public func totals(_ window: ActivityWindow) async throws(Refusal) -> [ActivityTotal] {
        try await totals(by: window.source, from: window.start(at: clock.now))
    }

    /// How each integration did since the hour of a moment, a few days ago at most, for those with which anything happened.
    public func health(since: Timestamp) async throws(Refusal) -> [GUID: IntegrationHealth] {
        let totals = try await totals(by: .hour, from: ActivitySpan.hour.start(of: since))
        return Dictionary(
            uniqueKeysWithValues: totals.filter { !$0.counts.isEmpty }.map {
                ($0.integration, IntegrationHealth($0.counts))
            })
    }

    private func totals(by span: ActivitySpan, from start: Timestamp) async throws(Refusal) -> [ActivityTotal] {
        let key = TotalsKey(span: span, start: start)
        let generation = account.changes.current
        let (stored, waiting, moves) = try await together { () throws(StoreError) in
            if let kept = self.kept(key) { return kept }
            return try await self.account.store.activityTotals(by: span, from: start)
        }
        keep(stored, key, moves: moves, generation: generation)
        var sums: [GUID: ActivityCounts] = [:]
        for (slot, counts) in waiting where slot.hour >= start {
            sums[slot.integration, default: ActivityCounts()] += counts
        }
        guard !sums.isEmpty else { return stored }
        return stored.map { total in
            var total = total
            if let more = sums[total.integration] { total.counts += more }
            return total
        }
    }

    /// What the file holds and what it does not hold yet, without one count in both: where a flush comes in between, both
    /// are read again.
    private func together<Value: Sendable>(
        _ read: @Sendable () async throws(StoreError) -> Value
    ) async throws(Refusal) -> (Value, [ActivitySlot: ActivityCounts], moves: UInt64) {
        var attempts = 0
        while true {
            let (waiting, moves) = await waiting()
            let value = try await attempt(read)
            attempts += 1
            // There is a minute between two flushes; that three in a row are met is not worth more than an old number.
            if moves == self.moves || attempts == 3 { return (value, waiting, moves) }
        }
    }
}
