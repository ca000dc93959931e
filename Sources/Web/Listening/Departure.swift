import Synchronization

/// How far a listener has come on its way to its end.
final class Departure: Sendable {
    enum Phase: Int, Comparable {
        case serving
        /// No connection is taken any more, and each one ends with the answer that is under way.
        case leaving
        /// Whatever is still open is closed.
        case over

        static func < (one: Phase, other: Phase) -> Bool { one.rawValue < other.rawValue }
    }

    private let reached = Atomic<Int>(Phase.serving.rawValue)
    private let observer = Mutex<(@Sendable (Phase) -> Void)?>(nil)

    /// Whether it is to end.
    var hasBegun: Bool { reached.load(ordering: .acquiring) != Phase.serving.rawValue }

    private var phase: Phase { Phase(rawValue: reached.load(ordering: .acquiring)) ?? .over }

    /// Goes on to a phase. Going back, or to the same one again, does nothing.
    func enter(_ phase: Phase) {
        let told = observer.withLock { observer -> (@Sendable (Phase) -> Void)? in
            guard phase > self.phase else { return nil }
            reached.store(phase.rawValue, ordering: .releasing)
            return observer
        }
        told?(phase)
    }

    /// Calls a closure at each phase from now on, and at once where the end has begun. It takes the place of an earlier one,
    /// whose socket has failed.
    func observe(_ told: @escaping @Sendable (Phase) -> Void) {
        let phase = observer.withLock { observer in
            observer = told
            return self.phase
        }
        if phase > .serving { told(phase) }
    }
}
