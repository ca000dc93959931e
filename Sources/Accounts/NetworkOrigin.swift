import Glibc

/// Where an attempt came from, as it is counted.
public enum NetworkOrigin {
    /// An IPv4 address as it is; of an IPv6 address the first 64 bits, for the rest is its owner's to choose.
    public static func subject(of address: String) -> String {
        var bytes = in6_addr()
        guard address.contains(":"), inet_pton(AF_INET6, address, &bytes) == 1 else { return address }
        return withUnsafeBytes(of: bytes) { bytes in
            let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            guard !isMapped else { return bytes[12...].map(String.init).joined(separator: ".") }
            return bytes[..<8].map { String($0, radix: 16) }.joined(separator: ":") + "/64"
        }
    }
}
