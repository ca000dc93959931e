import Glibc
public import Logging
import Synchronization

/// What the process has run out of for now, as far as one of its parts has noticed; for the log and for `/readyz`.
public final class Shortages: Sendable {
    /// What can run out.
    public enum Kind: String, Sendable, CaseIterable {
        /// Open files, of the process or of the machine.
        case descriptors
        /// The kernel's memory for sockets.
        case memory
        /// Connections: as many are open as the limit of open files leaves room for.
        case connections

        /// What a failed `accept` may have lacked.
        public static let ofAccept: Set<Kind> = [.descriptors, .memory]

        /// What an error of the system says has run out; nil where it says something else.
        public init?(errno code: Int32) {
            switch code {
            case EMFILE, ENFILE: self = .descriptors
            case ENOBUFS, ENOMEM: self = .memory
            default: return nil
            }
        }

        var sentence: String {
            switch self {
            case .descriptors: "no file and no connection can be opened: the limit of open files is reached"
            case .memory: "no connection can be opened: the system has no memory for it"
            case .connections: "no connection is accepted: as many are open as the limit of open files leaves room for"
            }
        }
    }

    private struct Notice: Hashable {
        let kind: Kind
        let place: String
    }

    private struct State {
        /// What is lacking now, and whether the log says so.
        var current: [Notice: Bool] = [:]
        var lastLogged: [Notice: ContinuousClock.Instant] = [:]
    }

    /// A shortage that comes and goes with every connection must not fill the log.
    private static let loggingInterval = Duration.seconds(10)

    private let logger: Logger
    private let state = Mutex(State())

    /// Nothing has run out yet.
    public init(logger: Logger) { self.logger = logger }

    /// The listener for people.
    static let web = "web"

    /// What has run out; nil: nothing. That the listener for operators is full keeps nobody else from anything.
    public var current: Kind? {
        state.withLock { state in
            Kind.allCases.first { kind in
                state.current.keys.contains { $0.kind == kind && (kind != .connections || $0.place == Self.web) }
            }
        }
    }

    /// Whether a descriptor can be had now; the system's error in `errno` says why not.
    public static func hasDescriptor() -> Bool {
        let descriptor = dup(STDERR_FILENO)
        if descriptor >= 0 { close(descriptor) }
        return descriptor >= 0
    }

    /// Notes that a part of the server has to wait because something has run out.
    public func begin(_ kind: Kind, at place: String) {
        let notice = Notice(kind: kind, place: place)
        let now = ContinuousClock.now
        let isLogged = state.withLock { state -> Bool in
            guard state.current[notice] == nil else { return false }
            let isDue = state.lastLogged[notice].map { now - $0 >= Self.loggingInterval } ?? true
            if isDue { state.lastLogged[notice] = now }
            state.current[notice] = isDue
            return isDue
        }
        if isLogged { logger.error("\(kind.sentence)", metadata: ["listener": "\(place)"]) }
    }

    /// Notes that this part of the server lacks these things no more.
    public func end(_ kinds: some Sequence<Kind>, at place: String) {
        for kind in kinds {
            let isLogged = state.withLock { $0.current.removeValue(forKey: Notice(kind: kind, place: place)) }
            guard isLogged == true else { continue }
            logger.notice(
                "connections are accepted again", metadata: ["listener": "\(place)", "lacked": "\(kind.rawValue)"])
        }
    }
}
