import Cryptography
import JSON

/// `account.key`: an account's data key, wrapped by a master key.
///
/// It stands beside the database, not in it, because then a start reads it without opening a database, a rotation replaces
/// one small file in one step, and removing it erases every secret of the account, wherever copies of pages may linger.
struct DataKeyFile {
    static let name = "account.key"
    private static let version: Int64 = 1

    let masterKeyID: String
    private let wrapped: [UInt8]

    /// Wraps a data key with the ring's current master key.
    init(wrapping dataKey: SecretBytes, of slug: AccountSlug, by ring: MasterKeyRing) throws {
        masterKeyID = ring.current.id
        wrapped = try AESGCM.seal(
            dataKey.withUnsafeBytes { Array($0) },
            key: ring.current.secret,
            additionalData: Self.additionalData(slug)
        )
    }

    init(path: String) throws {
        let document = try JSON.parse(try Files.read(path))
        guard document["version"]?.integerValue == Self.version,
            let id = document["master_key"]?.stringValue,
            let wrapped = document["wrapped"]?.stringValue.flatMap(Base64URL.decode)
        else { throw MasterKeyError(.malformed, "\(path) is no key file of this version") }
        masterKeyID = id
        self.wrapped = wrapped
    }

    func save(path: String) throws {
        let document: JSON = [
            "version": .integer(Self.version),
            "master_key": .string(masterKeyID),
            "wrapped": .string(Base64URL.encode(wrapped)),
        ]
        try Files.replace(path, with: document.serialized(pretty: true))
    }

    /// - Throws: `MasterKeyError` where no key of the ring opens it.
    func unwrap(slug: AccountSlug, ring: MasterKeyRing) throws(MasterKeyError) -> SecretBytes {
        guard let key = ring.keys.first(where: { $0.id == masterKeyID }) else {
            throw MasterKeyError(
                .cannotUnwrap,
                "account \(slug) cannot be opened: its data key is wrapped by master key \(masterKeyID), which is not in the ring"
            )
        }
        do {
            return SecretBytes(
                try AESGCM.open(wrapped, key: key.secret, additionalData: Self.additionalData(slug))
            )
        } catch {
            throw MasterKeyError(
                .cannotUnwrap, "account \(slug) cannot be opened: its key file is damaged or of another account")
        }
    }

    private static func additionalData(_ slug: AccountSlug) -> [UInt8] { Array("gatehouse/1|\(slug)|account.key".utf8) }
}
