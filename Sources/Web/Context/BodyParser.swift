import Accounts
import ResourcePools

/// Where the bodies of a request are read: at once where they are small, else on threads of which each holder has a share.
struct BodyParser: Sendable {
    /// That of the request that is being handled.
    @TaskLocal static var current: BodyParser?

    /// In bytes. Smaller ones take less time than going to another thread is worth.
    private static let largestAtOnce = 8 * 1024

    let workers: FairWorkers
    /// The account, or the sender's address as long as no account is known.
    let holder: String

    /// Reads a body.
    ///
    /// - Throws: what the reading throws; `Refusal` 277 where too many bodies of this holder wait.
    static func read<Value: Sendable>(
        _ bytes: [UInt8], _ read: @escaping @Sendable ([UInt8]) throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        guard bytes.count > largestAtOnce, let parser = current else { return try read(bytes) }
        let result: Result<Value, Refusal>
        do throws(FairPool.Failure) {
            result = try await parser.workers.run(for: parser.holder) {
                Result { () throws(Refusal) in try read(bytes) }
            }
        } catch {
            throw Refusal(
                .tooManyRequests, "Too many large requests of yours are under way: send this one again in a moment.",
                retryAfter: 5)
        }
        return try result.get()
    }

    /// The same for another holder, as soon as more is known of who asks.
    func held(by holder: String) -> BodyParser { BodyParser(workers: workers, holder: holder) }
}
