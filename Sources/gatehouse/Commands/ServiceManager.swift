import Glibc

/// Tells systemd that the service has started (`Type=notify`, sd_notify(3)); says nothing where nobody listens.
enum ServiceManager {
    /// The service has started: whoever was ordered behind it may begin.
    static func tellReady() {
        guard let path = Environment.value("NOTIFY_SOCKET"), path.hasPrefix("/") || path.hasPrefix("@") else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // A name that begins with @ stands in the abstract space, where the first byte is zero and the length counts.
        let name = path.hasPrefix("@") ? [0] + path.utf8.dropFirst() : Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? MemoryLayout<sa_family_t>.size
        let message = Array("READY=1".utf8)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                // What cannot be told is not worth ending for: systemd gives up on its own terms.
                _ = sendto(
                    descriptor, message, message.count, Int32(MSG_NOSIGNAL), address, socklen_t(offset + name.count))
            }
        }
    }
}
