import Logging
import ServiceLifecycle
import Storage

/// Looks every second whether the data folder and the open accounts are still the ones that were opened. Every write looks
/// by itself; this is for what is answered from memory.
struct FolderWatch: Service {
    private static let interval = Duration.seconds(1)

    let house: House
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var told: Set<String> = []
            while !Task.isCancelled {
                let news = house.directory.watch()
                for sentence in news where !told.contains(sentence) { logger.error("\(sentence)") }
                told = Set(news)
                try? await Task.sleep(for: Self.interval)
            }
        }
    }
}
