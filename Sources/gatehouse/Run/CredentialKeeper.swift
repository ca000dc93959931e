/// Keeps what the content holds good for as long as the content runs: its token fresh, and its key one that works.
///
/// The key and the token end when somebody who could edit the content loses that right. Nothing here ends the content: where
/// the server is away or gives nothing, the content goes on with what it has.
struct CredentialKeeper: Sendable {
    /// After so much of its life a token is replaced, so that a server may be away for as long.
    private static let share = 2
    private static let longestPause = Duration.seconds(5 * 60)
    /// How often the server is asked whether the content's key still works. With an answer that takes its time, a key that
    /// ended is noticed within a minute. A machine that slept has lost no more than this when it wakes up.
    private static let checkInterval = Duration.seconds(30)

    let client: RuntimeClient
    let folder: TokenFolder
    /// The content has another key, and another token in its file.
    let onNewKey: @Sendable (RuntimeClient.Sheet) -> Void

    func run(_ first: RuntimeClient.Sheet) async {
        let clock = ContinuousClock()
        var key = first.key
        var refreshAt = clock.now + Self.pause(first.expiresIn)
        var checkAt = clock.now + Self.interval
        var failures = 0
        while await Self.sleep(until: min(refreshAt, checkAt)) {
            if clock.now < refreshAt {
                checkAt = clock.now + Self.interval
                guard let held = key, await client.hasEnded(key: held) else { continue }
            }
            do throws(RunFailure) {
                let sheet = try await client.fetch()
                guard !Task.isCancelled else { return }
                try folder.write(sheet.token)
                if failures > 0 { Failures.report("The content session token is fresh again.") }
                failures = 0
                refreshAt = clock.now + Self.pause(sheet.expiresIn)
                if sheet.key != key {
                    key = sheet.key
                    onNewKey(sheet)
                }
            } catch {
                guard !Task.isCancelled else { return }
                failures += 1
                if failures == 1 {
                    Failures.report("The content session token was not refreshed, which is tried again: \(error)")
                }
                refreshAt = clock.now + Self.backoff(failures)
            }
        }
    }

    /// Waits; false where the content has ended meanwhile.
    private static func sleep(until end: ContinuousClock.Instant) async -> Bool {
        try? await Task.sleep(until: end, clock: .continuous)
        return !Task.isCancelled
    }

    private static func pause(_ lifetime: Duration) -> Duration {
        forced("GATEHOUSE_TOKEN_REFRESH") ?? max(lifetime / share, .seconds(1))
    }

    private static var interval: Duration { forced("GATEHOUSE_KEY_CHECK") ?? checkInterval }

    /// Twice as long each time, and never all at once.
    private static func backoff(_ failures: Int) -> Duration {
        if let forced = forced("GATEHOUSE_TOKEN_REFRESH") { return forced }
        let longest = min(Duration.seconds(1 << min(failures - 1, 16)), longestPause)
        return longest * Double.random(in: 0.5...1)
    }

    /// Debug builds alone let a test have it sooner.
    private static func forced(_ variable: String) -> Duration? {
        #if DEBUG
            return Environment.value(variable).flatMap { Int64($0) }.map { .milliseconds($0) }
        #else
            return nil
        #endif
    }
}
