/// A block of IP addresses in the notation of CIDR (RFC 4632, RFC 4291): `10.0.0.0/8`, `fd00::/8`, or one address.
public struct AddressBlock: Sendable, Hashable {
    private let base: IPAddress
    /// How many leading bits every address of the block has in common.
    private let length: UInt8

    /// A block that is written in our own code.
    init(_ base: IPAddress, length: UInt8) {
        self.base = base
        self.length = length
    }

    /// Reads `ADDRESS` or `ADDRESS/LENGTH`, in canonical notation; nil for anything else.
    ///
    /// A base with bits beyond the length (`10.1.2.3/8`) is none: whoever wrote it meant one address or another block.
    /// Nor is an IPv4-mapped one, for addresses are compared in their IPv4 form.
    public init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let base = IPAddress(canonical: String(parts[0])), base.unmapped == base else {
            return nil
        }
        self.base = base
        guard parts.count == 2 else {
            length = base.bits
            return
        }
        let digits = parts[1]
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), digits.count == 1 || !digits.hasPrefix("0"),
            let length = UInt8(digits), length <= base.bits, base.masked(to: length) == base
        else { return nil }
        self.length = length
    }

    /// Whether the block holds an address; one of the other family never.
    public func contains(_ address: IPAddress) -> Bool { address.masked(to: length) == base }
}

extension AddressBlock: CustomStringConvertible {
    /// The form that ``init(parsing:)`` reads; without the length where it is one address.
    public var description: String { length == base.bits ? "\(base)" : "\(base)/\(length)" }
}

extension IPAddress {
    /// How many bits an address of this family has.
    var bits: UInt8 {
        switch self {
        case .v4: 32
        case .v6: 128
        }
    }

    /// The address with only its first bits left. Shifts by a type's whole width give zero, as they should here.
    func masked(to length: UInt8) -> IPAddress {
        let length = Int(length)
        return switch self {
        case .v4(let value): .v4(value & UInt32.max << max(32 - length, 0))
        case .v6(let high, let low):
            .v6(high: high & UInt64.max << max(64 - length, 0), low: low & UInt64.max << min(128 - length, 64))
        }
    }

    /// The IPv4 address that an IPv4-mapped one (`::ffff:10.0.0.1`, RFC 4291) stands for; any other as it is.
    ///
    /// A socket that takes both families gives IPv4 peers in that form.
    public var unmapped: IPAddress {
        guard case .v6(0, let low) = self, low >> 32 == 0xffff else { return self }
        return .v4(UInt32(truncatingIfNeeded: low))
    }
}
