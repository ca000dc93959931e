import Glibc

/// Where a request came from, as it is counted.
///
/// An IPv4 address counts as it is. Of an IPv6 address the prefix counts, because the rest is its owner's to choose:
/// customers get a /64, a /56 or a /48 (RFC 6177), so one stranger may have 65,536 of the first.
public enum NetworkOrigin {
    /// The networks that an address belongs to, the smallest first.
    ///
    /// - Returns: each with how many times as much as the smallest it may do.
    public static func networks(of address: String?) -> [(name: String, weight: Int)] {
        guard let bytes = ipv6(address) else { return [(network(of: address), 1)] }
        return [(name(bytes.prefix(8)), 1), (name(bytes.prefix(7)), 2), (name(bytes.prefix(6)), 4)]
    }

    /// The largest network that may be one customer's.
    public static func network(of address: String?) -> String {
        guard let bytes = ipv6(address) else { return address ?? "unknown" }
        return name(bytes.prefix(6))
    }

    private static func name(_ prefix: ArraySlice<UInt8>) -> String {
        prefix.map { String($0, radix: 16) }.joined(separator: ":") + "/\(prefix.count * 8)"
    }

    private static func ipv6(_ address: String?) -> [UInt8]? {
        var bytes = in6_addr()
        guard let address, address.contains(":"), inet_pton(AF_INET6, address, &bytes) == 1 else { return nil }
        return withUnsafeBytes(of: bytes) { Array($0) }
    }
}
