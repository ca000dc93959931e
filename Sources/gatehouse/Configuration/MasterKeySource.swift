import Cryptography
import Glibc
import Storage

/// Where the master keys come from: a file, the environment, or a systemd credential.
struct MasterKeySource: Sendable, CustomStringConvertible {
    /// The name of the systemd credential (`LoadCredential=gatehouse-master-key:...`).
    private static let credentialName = "gatehouse-master-key"

    private let path: String?
    /// systemd's copy of a file, which only the service manager writes.
    private let isCredential: Bool
    private let hasEnvironmentKey: Bool

    init(path: String?) {
        let credential = Environment.value("CREDENTIALS_DIRECTORY").map { "\($0)/\(Self.credentialName)" }
        // systemd sets the directory for any credential; only ours is meant.
        let credentials = credential.flatMap { path -> String? in access(path, F_OK) == 0 ? path : nil }
        let named = path ?? Environment.value("GATEHOUSE_MASTER_KEY_FILE")
        self.path = named ?? credentials
        isCredential = named == nil && credentials != nil
        hasEnvironmentKey = path == nil && Environment.value("GATEHOUSE_MASTER_KEY") != nil
    }

    var description: String { hasEnvironmentKey ? "GATEHOUSE_MASTER_KEY" : path ?? "the data folder's .master-key" }

    /// The file that a rotation rewrites; nil where the keys are the environment's, or a credential.
    func file(in folder: DataFolder) -> String? {
        hasEnvironmentKey || isCredential ? nil : path ?? folder.masterKeyPath
    }

    /// A ring, and what became of it where it is a fresh one.
    struct Keys {
        let ring: MasterKeyRing
        /// Where a fresh ring was written.
        var madeAt: String?
        /// Where a fresh ring would be written: it was not, so nothing that it seals can be opened later.
        var unsavedAt: String?
    }

    /// The ring. A first start without accounts makes one; afterwards a missing key is never replaced.
    ///
    /// - Parameter creating: whether a first ring may be written; a check alone writes nothing.
    func ring(for folder: DataFolder, creating: Bool) throws -> Keys {
        let file = path ?? folder.masterKeyPath
        do throws(MasterKeyError) {
            if hasEnvironmentKey, let text = Environment.secret("GATEHOUSE_MASTER_KEY") {
                return Keys(ring: try MasterKeyRing(parsing: text))
            }
            return Keys(ring: try MasterKeyRing.load(path: file, isCredential: isCredential))
        } catch {
            let accounts = try folder.accounts()
            guard accounts.isEmpty else {
                let names = accounts.prefix(10).map(\.text).joined(separator: ", ")
                throw ConfigurationError("\(error.description). These accounts cannot be opened: \(names).")
            }
            guard error.code == .missing else { throw error }
            let ring = MasterKeyRing.fresh()
            guard creating else { return Keys(ring: ring, unsavedAt: file) }
            try ring.save(path: file)
            return Keys(ring: ring, madeAt: file)
        }
    }
}
