/// Tells which addresses the server may speak to when a tenant chose the name.
///
/// A name is only a promise: whoever owns it can let it resolve to the server's own network. So the decision is made
/// on the resolved address, at the moment a socket is opened for it. What counts as public follows the IANA
/// special-purpose registries for IPv4 and IPv6 (RFC 6890).
public enum AddressGuard {
    /// Whether `address` is a globally reachable unicast address.
    ///
    /// Everything special is refused: unspecified, loopback, private, link-local (with the metadata services of the
    /// clouds), shared (RFC 6598), documentation, benchmarking, multicast and reserved ranges, and IPv6 forms that
    /// carry an IPv4 address (mapped, compatible, 6to4, Teredo). The NAT64 prefix 64:ff9b::/96 (RFC 6052) is judged
    /// by the address it carries, because on an IPv6-only host it is the only way to the public IPv4 Internet.
    public static func isPublic(_ address: IPAddress) -> Bool {
        switch address {
        case .v4: !refusedV4.contains { $0.contains(address) }
        case .v6(let high, let low): isPublic(high: high, low: low)
        }
    }

    private static func isPublic(high: UInt64, low: UInt64) -> Bool {
        if high == 0x0064_ff9b_0000_0000, low >> 32 == 0 {
            return isPublic(.v4(UInt32(truncatingIfNeeded: low)))
        }
        // Only 2000::/3 is allocated for global unicast: loopback, mapped, compatible, unique local (with the
        // metadata address fd00:ec2::254), link-local, site-local and multicast all lie outside.
        guard high >> 61 == 0b001 else { return false }
        return !refusedV6.contains { $0.contains(.v6(high: high, low: low)) }
    }

    private static let refusedV4 = [
        AddressBlock(.v4(0x0000_0000), length: 8),  // 0.0.0.0/8 this network
        AddressBlock(.v4(0x0a00_0000), length: 8),  // 10.0.0.0/8 private
        AddressBlock(.v4(0x6440_0000), length: 10),  // 100.64.0.0/10 shared; some metadata
        AddressBlock(.v4(0x7f00_0000), length: 8),  // 127.0.0.0/8 loopback
        AddressBlock(.v4(0xa9fe_0000), length: 16),  // 169.254.0.0/16 link-local, metadata at .169.254
        AddressBlock(.v4(0xac10_0000), length: 12),  // 172.16.0.0/12 private
        AddressBlock(.v4(0xc000_0000), length: 24),  // 192.0.0.0/24 protocol assignments
        AddressBlock(.v4(0xc000_0200), length: 24),  // 192.0.2.0/24 documentation
        AddressBlock(.v4(0xc058_6300), length: 24),  // 192.88.99.0/24 old 6to4 relays
        AddressBlock(.v4(0xc0a8_0000), length: 16),  // 192.168.0.0/16 private
        AddressBlock(.v4(0xc612_0000), length: 15),  // 198.18.0.0/15 benchmarking
        AddressBlock(.v4(0xc633_6400), length: 24),  // 198.51.100.0/24 documentation
        AddressBlock(.v4(0xcb00_7100), length: 24),  // 203.0.113.0/24 documentation
        AddressBlock(.v4(0xe000_0000), length: 3),  // 224.0.0.0/3 multicast, reserved, broadcast
    ]

    private static let refusedV6 = [
        AddressBlock(.v6(high: 0x2001_0000_0000_0000, low: 0), length: 23),  // 2001::/23 Teredo, ORCHID and others
        AddressBlock(.v6(high: 0x2001_0db8_0000_0000, low: 0), length: 32),  // 2001:db8::/32 documentation
        AddressBlock(.v6(high: 0x2002_0000_0000_0000, low: 0), length: 16),  // 2002::/16 6to4
        AddressBlock(.v6(high: 0x3fff_0000_0000_0000, low: 0), length: 20),  // 3fff::/20 documentation
    ]
}
