public import Cryptography

/// Seals and opens the secrets of one account with its data key (AES-256-GCM).
///
/// The additional data names account, table, column and row: a sealed value copied to another place does not open there.
public struct Vault: Sendable {
    /// Where a sealed value stands.
    public struct Place: Sendable {
        let table: String
        let column: String
        let row: String

        /// A column of a row, by names that never change.
        public init(table: String, column: String, row: String) {
            self.table = table
            self.column = column
            self.row = row
        }
    }

    private static let formatVersion: UInt8 = 1
    private let slug: AccountSlug
    private let dataKey: SecretBytes

    init(slug: AccountSlug, dataKey: SecretBytes) {
        self.slug = slug
        self.dataKey = dataKey
    }

    /// Seals a secret for its place: a version byte, the nonce, the ciphertext and the tag.
    public func seal(_ secret: SecretString, at place: Place) throws -> [UInt8] {
        [Self.formatVersion]
            + (try AESGCM.seal(Array(secret.reveal().utf8), key: dataKey, additionalData: additionalData(place)))
    }

    /// Opens what `seal` made for the same place.
    ///
    /// - Throws: `CryptographyError` where the value was changed, moved, or sealed under another key.
    public func open(_ sealed: [UInt8], at place: Place) throws(CryptographyError) -> SecretString {
        SecretString(String(decoding: try openBytes(sealed, additionalData: additionalData(place)), as: UTF8.self))
    }

    /// The form of the hot path: additional data made beforehand, bytes out.
    public func openBytes(_ sealed: [UInt8], additionalData: [UInt8]) throws(CryptographyError) -> [UInt8] {
        guard sealed.first == Self.formatVersion else { throw CryptographyError(.malformed) }
        return try AESGCM.open(Array(sealed.dropFirst()), key: dataKey, additionalData: additionalData)
    }

    /// What binds a sealed value to its place.
    public func additionalData(_ place: Place) -> [UInt8] {
        Array("gatehouse/1|\(slug)|\(place.table)|\(place.column)|\(place.row)".utf8)
    }

    /// A key of this account for another purpose, such as signing session tokens.
    public func derivedKey(purpose: String) throws -> SecretBytes {
        try HKDF.derive(from: dataKey, info: "gatehouse/1 \(purpose)")
    }
}
