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

    private struct Notice {
        let kind: Kind
        let isLogged: Bool
    }

    private struct State {
        var notices: [String: Notice] = [:]
        var lastLogged: [String: ContinuousClock.Instant] = [:]
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
                state.notices.contains { $0.value.kind == kind && (kind != .connections || $0.key == Self.web) }
            }
        }
    }

    /// Notes that a part of the server has to wait because something has run out.
    public func begin(_ kind: Kind, at place: String) {
        let now = ContinuousClock.now
        let isLogged = state.withLock { state -> Bool in
            guard state.notices[place]?.kind != kind else { return false }
            let isDue = state.lastLogged[place].map { now - $0 >= Self.loggingInterval } ?? true
            if isDue { state.lastLogged[place] = now }
            state.notices[place] = Notice(kind: kind, isLogged: isDue)
            return isDue
        }
        if isLogged { logger.error("\(kind.sentence)", metadata: ["listener": "\(place)"]) }
    }

    /// Notes that this part works again.
    public func end(at place: String) {
        let notice = state.withLock { $0.notices.removeValue(forKey: place) }
        if let notice, notice.isLogged {
            logger.notice(
                "connections are accepted again",
                metadata: ["listener": "\(place)", "lacked": "\(notice.kind.rawValue)"])
        }
    }
}
