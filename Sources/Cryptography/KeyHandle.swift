internal import COpenSSL

/// libcrypto's key, freed with the last who holds it.
///
/// `@unchecked Sendable`: nothing here changes a key after it was made, and libcrypto guards with locks of its own what
/// it remembers inside one (blinding, precomputed values), so that threads may sign with one key at once.
final class KeyHandle: @unchecked Sendable {
    /// The `EVP_PKEY`.
    let pointer: OpaquePointer

    /// Takes over a key that was just made; nil for none.
    init?(taking pointer: OpaquePointer?) {
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    deinit {
        // Wipes the private numbers.
        EVP_PKEY_free(pointer)
    }

    /// A number of the key by libcrypto's name, big-endian without leading zeros, or filled up with them to `count`
    /// bytes; nil when the key has none of that name, or none that fits.
    func number(_ name: String, count: Int? = nil) -> [UInt8]? {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(pointer, name, &number) == 1, let number else { return nil }
        defer { BN_clear_free(number) }
        return [UInt8](bigNumber: number, count: count)
    }

    /// The curve of an EC key, by libcrypto's name.
    var group: String? {
        var name = [CChar](repeating: 0, count: 64)
        var count = 0
        guard EVP_PKEY_get_group_name(pointer, &name, name.count, &count) == 1 else { return nil }
        return String(decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension [UInt8] {
    /// A number big-endian without leading zeros, or filled up with them to `count` bytes; nil when it does not fit.
    init?(bigNumber: OpaquePointer, count: Int? = nil) {
        let needed = (Int(BN_num_bits(bigNumber)) + 7) / 8
        let count = count ?? needed
        guard needed <= count else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        guard BN_bn2binpad(bigNumber, &bytes, Int32(count)) == Int32(count) else { return nil }
        self = bytes
    }
}
