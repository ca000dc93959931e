public import HTTPClient

/// Who is believed about the sender of a request: the reverse proxies that the operator named.
///
/// `X-Forwarded-Host` tells of content at which origin somebody asks, and is believed of the same; the server's own addresses
/// are configured, and read from no request.
public struct TrustedProxies: Sendable {
    /// Where they are.
    public let blocks: [AddressBlock]

    /// Proxies on this machine: what is believed where nothing else was said.
    public static let loopback = TrustedProxies(
        ["127.0.0.0/8", "::1"].compactMap { AddressBlock(parsing: $0) })

    /// Proxies at these addresses.
    public init(_ blocks: [AddressBlock]) { self.blocks = blocks }

    /// Who sent a request.
    struct Sender: Sendable, Hashable {
        /// The address as far as it can be believed, in canonical text.
        let address: String
        /// Whether a proxy that is believed passed the request on.
        let isProxied: Bool
    }

    /// Reads `X-Forwarded-For` from the right, where each proxy added who had asked it: the first that is no proxy of
    /// ours is the sender, and what stands to the left of it is the sender's own tale.
    ///
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - forwardedFor: the header, its lines joined by commas.
    /// - Returns: nil where the connection has no address.
    func sender(peer: String?, forwardedFor: String?) -> Sender? {
        guard let peer else { return nil }
        guard let address = IPAddress(canonical: peer)?.unmapped else { return Sender(address: peer, isProxied: false) }
        guard trusts(address) else { return Sender(address: address.description, isProxied: false) }
        var sender = address
        for hop in (forwardedFor ?? "").split(separator: ",").reversed() {
            // A proxy that hides an address ("unknown", "_hidden") is the last that is known.
            guard let next = Self.address(of: hop) else { break }
            sender = next
            guard trusts(next) else { break }
        }
        return Sender(address: sender.description, isProxied: true)
    }

    private func trusts(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }

    /// One hop: an address, which some proxies write with a port, and then an IPv6 one in brackets.
    private static func address(of hop: Substring) -> IPAddress? {
        let text = hop.filter { $0 != " " && $0 != "\t" }
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return IPAddress(canonical: String(text[..<end].dropFirst()))?.unmapped
        }
        let isWithPort = text.contains(".") && text.filter { $0 == ":" }.count == 1
        let address = isWithPort ? text.prefix { $0 != ":" } : text[...]
        return IPAddress(canonical: String(address))?.unmapped
    }
}
