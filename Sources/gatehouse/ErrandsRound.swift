import Integrations
import Logging
import ServiceLifecycle
import Storage

/// Visits every account from time to time, for what waits in the background: at the start, for what an earlier process
/// left, and later for accounts that were closed while something was due later.
///
/// One account after the other, with a breath in between: a thousand of them must not slow down those who ask.
struct ErrandsRound: Service {
    /// From the end of one round to the start of the next.
    private static let interval = Duration.seconds(10 * 60)
    /// Between two accounts.
    private static let breath = Duration.milliseconds(10)
    /// How often what is kept long enough is dropped.
    private static let tidyInterval = Duration.seconds(24 * 60 * 60)

    let house: House
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var tidied: [AccountSlug: Timestamp] = [:]
            while !Task.isCancelled {
                for slug in house.directory.slugs where !Task.isCancelled {
                    await visit(slug, &tidied)
                    try? await Task.sleep(for: Self.breath)
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private func visit(_ slug: AccountSlug, _ tidied: inout [AccountSlug: Timestamp]) async {
        do {
            guard let tenant = try await house.directory.visit(slug) else { return }
            tenant.errands.wake()
            let now = house.world.clock.now
            guard tidied[slug].map({ $0 + Self.tidyInterval <= now }) ?? true else { return }
            await tenant.errands.tidy(tenant.audit)
            tidied[slug] = now
        } catch {
            logger.warning(
                "an account could not be visited", metadata: ["account": "\(slug)", "error": "\(error)"])
        }
    }
}
