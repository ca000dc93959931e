import Glibc
import Web

/// Where a server listens.
struct ListenAddress: Sendable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without its brackets.
    let host: String
    /// 0 is any free one.
    let port: Int

    /// - Throws: `ConfigurationError` naming the flag.
    init(_ text: String, _ flag: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw ConfigurationError("\(flag) must be HOST:PORT, such as \(ServerConfiguration.defaultListen).")
        }
        let host = text[..<colon]
        self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
        self.port = Int(port)
        guard !self.host.isEmpty else { throw ConfigurationError("\(flag) must name a host, such as 127.0.0.1.") }
    }

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// The host as URLs have it: an IPv6 address in brackets.
    var hostInURL: String { host.contains(":") ? "[\(host)]" : host }

    /// HOST:PORT, as in a URL.
    var description: String { at(port: port) }

    func at(port: Int) -> String { "\(hostInURL):\(port)" }
}

extension ListenAddress {
    /// The address that a TCP socket is bound to; nil where it is none.
    init?(boundTo descriptor: Int32) {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
        }
        guard isKnown, address.ss_family == sa_family_t(AF_INET) || address.ss_family == sa_family_t(AF_INET6) else {
            return nil
        }
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let isNamed = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getnameinfo($0, length, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0
            }
        }
        guard isNamed else { return nil }
        host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The port stands at the same place in both families.
        port = withUnsafeBytes(of: address) { Int($0[2]) << 8 | Int($0[3]) }
    }

    /// Binds a socket here; connections arrive when somebody listens at it. Before that the port is known, whichever it is.
    ///
    /// - Parameter flag: the setting that this address is from, for the sentence of a failure.
    /// - Throws: `ListenFailure`.
    func bind(_ flag: String) throws -> (socket: ListeningSocket, port: Int) {
        var wanted = addrinfo()
        wanted.ai_socktype = Int32(SOCK_STREAM.rawValue)
        wanted.ai_flags = AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &wanted, &found) == 0, let target = found?.pointee else {
            throw ListenFailure(
                self, "this name has no address here. Give \(flag) an address of this machine, such as 127.0.0.1.")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(target.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ListenFailure(self, errno, flag) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isBound = Glibc.bind(descriptor, target.ai_addr, target.ai_addrlen) == 0
        guard isBound, let bound = ListenAddress(boundTo: descriptor) else {
            let failure = ListenFailure(self, errno, flag)
            close(descriptor)
            throw failure
        }
        return (ListeningSocket(descriptor: descriptor, address: at(port: bound.port)), bound.port)
    }
}

/// Why a server cannot listen, in a sentence.
struct ListenFailure: Error, CustomStringConvertible {
    let description: String

    init(_ address: ListenAddress, _ reason: String) { description = "cannot listen at \(address): \(reason)" }

    /// - Parameter code: the system's number of the error.
    init(_ address: ListenAddress, _ code: Int32, _ flag: String) {
        let reason =
            switch code {
            case EADDRINUSE:
                "another program has this port (`ss -ltnp` names it; systemd itself holds that of gatehouse.socket). Stop it, or choose another port with \(flag)."
            case EACCES:
                "this user may not have a port below 1024. Choose another one with \(flag), and let the proxy have the low one."
            case EADDRNOTAVAIL: "this machine has no such address. Give \(flag) one of its own, such as 127.0.0.1."
            default: String(cString: strerror(code))
            }
        self.init(address, reason)
    }
}
