import Cryptography
import Glibc

extension MasterKeyRing {
    /// Reads the ring from a file that only its owner can read, or only root and a group of this process: that is how
    /// orchestrators mount secrets.
    ///
    /// - Parameter isCredential: whether systemd put it there. It lets a service's user in by an access control list,
    ///   which the mode shows as the group's right to read; nobody else gets into the folder.
    /// - Throws: `MasterKeyError`: missing, readable by others, unreadable or malformed.
    public static func load(path: String, isCredential: Bool = false) throws(MasterKeyError) -> MasterKeyRing {
        guard Files.exists(path) else {
            throw MasterKeyError(.missing, "there is no master key at \(path): restore it from your backup")
        }
        do {
            let isOfOurGroup = try Files.isRoots(path, andOfAGroupOf: Files.processGroups())
            guard try Files.mode(path) & (isCredential || isOfOurGroup ? 0o037 : 0o077) == 0 else {
                throw MasterKeyError(
                    .tooOpen,
                    "the master key \(path) can be read by others: run chmod 600 on it (or chmod 440, where root owns it and the server's group reads it), and rotate it if others may have read it"
                )
            }
            return try MasterKeyRing(parsing: SecretString(String(decoding: try Files.read(path), as: UTF8.self)))
        } catch let error as MasterKeyError {
            throw MasterKeyError(error.code, "\(error.description) (in \(path))")
        } catch {
            throw MasterKeyError(.unreadable, "\(error)")
        }
    }

    /// Writes the ring with mode 0600, replacing what was there in one step.
    public func save(path: String) throws {
        try Files.replace(path, with: Array(text.reveal().utf8))
    }
}
