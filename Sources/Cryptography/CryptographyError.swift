internal import COpenSSL

/// Why a cryptographic operation gave no result. Says nothing about the data: what failed to open stays unknown.
public struct CryptographyError: Error, Sendable, Equatable {
    /// The kinds of failure.
    public enum Code: Sendable, Equatable {
        /// The sealed bytes were changed, or key or additional data are others than at sealing.
        case authenticationFailed
        /// The input does not have the form that is asked for.
        case malformed
        /// The key does not have the length of the algorithm.
        case invalidKeyLength
        /// The private key is under a pass phrase, which nobody is there to type.
        case encryptedKey
        /// The key is none that signs here: neither RSA of 2048 to 8192 bits nor EC on P-256.
        case unsupportedKey
        /// libcrypto refused; memory is short or the library is broken.
        case libraryFailure
    }

    /// The kind of failure.
    public let code: Code

    /// An error of that kind.
    public init(_ code: Code) {
        self.code = code
    }

    /// libcrypto's queue of errors belongs to the thread and is emptied, so that nothing later reads this one.
    static func library() -> CryptographyError {
        ERR_clear_error()
        return CryptographyError(.libraryFailure)
    }
}

extension CryptographyError: CustomStringConvertible {
    /// A sentence.
    public var description: String {
        switch code {
        case .authenticationFailed: "The sealed data does not open: it was changed, or sealed with another key."
        case .malformed: "The data does not have the expected form."
        case .invalidKeyLength: "The key does not have the length that the algorithm needs."
        case .encryptedKey: "The private key is encrypted. Give it without a pass phrase."
        case .unsupportedKey:
            "The key is of a kind that is not supported. Give an RSA key of 2048 to 8192 bits, or an EC key on P-256."
        case .libraryFailure: "The cryptographic library refused the operation."
        }
    }
}
