public import ResourcePools

/// What all accounts share and each may use only a part of, beside what its own type holds (connections, hashing).
///
/// `docs/threat_model.md` has the table of all of them.
public struct Pools: Sendable {
    /// Bundles that are arriving: each holds a connection, a file and a few hundred KiB.
    public let uploads = FairPool("uploads", .init(total: 16, share: 4, queue: 32))
    /// Threads that look into bundles while they arrive. A bundle of a few MiB can keep one busy for seconds.
    public let inspection = FairWorkers("inspection", .init(total: 2, share: 1, queue: 32))
    /// Threads that read large bodies: 1 MiB of JSON takes up to half a second.
    public let parsing = FairWorkers("parsing", .init(total: 2, share: 1, queue: 64))
    /// Threads that read long answers of providers. Fewer answers of an account can arrive at once than may wait here, so
    /// that none is refused: a token may be in it.
    public let providerAnswers = FairWorkers("provider_answers", .init(total: 2, share: 1, queue: 256))
    /// Answers of this server above 128 KiB that wait for slow clients to read them; the subject is a person.
    public let largeAnswers = FairPool("large_answers", .init(total: 16, share: 4, perSubject: 2, queue: 8))
    /// Pools that other types own (connections, look-ups, passwords), for metrics.
    private let others: [FairPool]

    /// Pools with all places free.
    ///
    /// - Parameter others: pools that other parts hold, for metrics.
    public init(others: [FairPool] = []) { self.others = others }

    /// Every pool there is.
    public var all: [FairPool] {
        [uploads, inspection.places, parsing.places, providerAnswers.places, largeAnswers] + others
    }
}
