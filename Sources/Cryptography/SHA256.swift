internal import COpenSSL

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
    /// The digest of bytes.
    @inlinable
    public static func hash(_ bytes: some Collection<UInt8>) -> Digest {
        bytes.withContiguousStorageIfAvailable { hash(UnsafeRawBufferPointer($0)) }
            ?? [UInt8](bytes).withUnsafeBytes { hash($0) }
    }

    /// The digest of a string's UTF-8.
    @inlinable
    public static func hash(_ string: String) -> Digest {
        hash(string.utf8)
    }

    /// The digest of bytes in place.
    public static func hash(_ buffer: UnsafeRawBufferPointer) -> Digest {
        Digest { output in
            let done = EVP_Digest(buffer.baseAddress, buffer.count, output.baseAddress, nil, Library.sha256, nil)
            guard done == 1 else { fatalError("libcrypto could not compute SHA-256.") }
        }
    }

    /// The digest of several buffers, one after the other.
    public static func hash(parts: [UnsafeRawBufferPointer]) -> Digest {
        var hasher = Hasher()
        for part in parts { hasher.update(part) }
        return hasher.finalize()
    }

    /// A digest in the making, for data that lies in pieces.
    public struct Hasher: ~Copyable {
        private let context: OpaquePointer

        /// A digest of nothing yet.
        public init() {
            guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex2(context, Library.sha256, nil) == 1 else {
                fatalError("libcrypto could not start SHA-256.")
            }
            self.context = context
        }

        deinit {
            EVP_MD_CTX_free(context)
        }

        /// Adds bytes in place.
        public mutating func update(_ buffer: UnsafeRawBufferPointer) {
            guard EVP_DigestUpdate(context, buffer.baseAddress, buffer.count) == 1 else {
                fatalError("libcrypto could not continue SHA-256.")
            }
        }

        /// Adds bytes.
        public mutating func update(_ bytes: some Collection<UInt8>) {
            let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
            if isContiguous == nil {
                [UInt8](bytes).withUnsafeBytes { update($0) }
            }
        }

        /// Adds a string's UTF-8.
        public mutating func update(_ string: String) {
            update(string.utf8)
        }

        /// The digest of everything that was added.
        public consuming func finalize() -> Digest {
            Digest { output in
                guard EVP_DigestFinal_ex(context, output.baseAddress, nil) == 1 else {
                    fatalError("libcrypto could not finish SHA-256.")
                }
            }
        }
    }
}
