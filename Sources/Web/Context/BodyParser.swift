import Accounts
import ResourcePools
import Storage

/// Where the bodies of a request are read: at once where they are small, else on threads of which each account has a share.
struct BodyParser: Sendable {
    /// That of the request that is being handled.
    @TaskLocal static var current: BodyParser?

    /// In bytes. Smaller ones take less time than going to another thread is worth.
    private static let largestAtOnce = 8 * 1024
    /// All whose account is not proven share one place, however many addresses they have.
    private static let strangers = "strangers"

    let workers: FairWorkers

    /// Reads a body.
    ///
    /// - Throws: what the reading throws; `Refusal` 277 where too many bodies of this account wait.
    static func read<Value: Sendable>(
        _ bytes: [UInt8], _ read: @escaping @Sendable ([UInt8]) throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        guard bytes.count > largestAtOnce, let parser = current, let asker = Asker.current else {
            return try read(bytes)
        }
        let known = asker.known
        let result: Result<Value, Refusal>
        do throws(FairPool.Failure) {
            result = try await parser.workers.run(
                for: known?.account.description ?? strangers, sender: known?.person ?? asker.network
            ) {
                Result { () throws(Refusal) in try read(bytes) }
            }
        } catch {
            throw Refusal(
                .tooManyRequests, "Too many large requests of yours are under way: send this one again in a moment.",
                retryAfter: 5)
        }
        return try result.get()
    }
}
