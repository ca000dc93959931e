import Glibc

/// Keeps the content's token fresh for as long as the content runs. Nothing ends it: the content goes on, and so does its token for a
/// while.
struct TokenRefresher: Sendable {
    /// After so much of its life a token is replaced, so that a server may be away for as long.
    private static let share = 2
    private static let longestPause = Duration.seconds(5 * 60)
    /// A machine that slept has lost no more than this when it wakes up.
    private static let longestSleep = Duration.seconds(60)

    let client: RuntimeClient
    let folder: TokenFolder

    func run(_ lifetime: Duration) async {
        var pause = Self.pause(lifetime)
        var failures = 0
        while await Self.sleep(pause) {
            do throws(RunFailure) {
                let sheet = try await client.fetch()
                try folder.write(sheet.token)
                if failures > 0 { Failures.report("The content session token is fresh again.") }
                failures = 0
                pause = Self.pause(sheet.expiresIn)
            } catch {
                guard !Task.isCancelled else { return }
                failures += 1
                if failures == 1 {
                    Failures.report("The content session token was not refreshed, which is tried again: \(error)")
                }
                pause = Self.backoff(failures)
            }
        }
    }

    /// Waits; false where the content has ended meanwhile.
    private static func sleep(_ pause: Duration) async -> Bool {
        let end = ContinuousClock.now + pause
        while !Task.isCancelled, ContinuousClock.now < end {
            try? await Task.sleep(for: min(end - ContinuousClock.now, longestSleep))
        }
        return !Task.isCancelled
    }

    private static func pause(_ lifetime: Duration) -> Duration { forced ?? max(lifetime / share, .seconds(1)) }

    /// Twice as long each time, and never all at once.
    private static func backoff(_ failures: Int) -> Duration {
        if let forced { return forced }
        let longest = min(Duration.seconds(1 << min(failures - 1, 16)), longestPause)
        return longest * Double.random(in: 0.5...1)
    }

    /// Debug builds alone let a test have it sooner.
    private static var forced: Duration? {
        #if DEBUG
            return Environment.value("GATEHOUSE_TOKEN_REFRESH").flatMap { Int64($0) }.map { .milliseconds($0) }
        #else
            return nil
        #endif
    }
}
