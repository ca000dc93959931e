import Cryptography
import Glibc
import JSON
import Testing

@testable import Storage

/// A data folder of its own, which goes with the test.
final class TemporaryFolder {
    let path: String
    let folder: DataFolder
    let ring = MasterKeyRing.fresh()
    let now = Timestamp(seconds: 1_800_000_000)

    init() throws {
        path =
            "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/gatehouse-\(Hex.encode(SecureRandom.bytes(8)))"
        folder = try DataFolder.make(at: path)
    }

    deinit {
        for name in (try? Files.names(in: path)) ?? [] {
            let entry = "\(path)/\(name)"
            if Files.isDirectory(entry) { try? Files.removeFolder(entry) } else { try? Files.remove(entry) }
        }
        rmdir(path)
    }

    func slug(_ text: String) throws -> AccountSlug { try #require(AccountSlug(text)) }

    func open(_ text: String, quotas: Quotas = Quotas()) throws -> OpenAccount {
        let slug = try slug(text)
        if !folder.contains(slug) { try folder.create(slug, name: text, ring: ring, at: now) }
        return try OpenAccount(slug, in: folder, ring: ring, quotas: quotas)
    }

    func user(of account: OpenAccount, email: String = "vic@acme.example", role: Role = .viewer) async throws
        -> UserRecord
    {
        let user = UserRecord(guid: account.makeGUID(), email: email, username: email, role: role, at: now)
        try await account.store.addUser(
            user, key: nil, keyHash: nil, inviteHash: nil, inviteExpiresAt: nil, noting: nil)
        return user
    }

    func integration(of account: OpenAccount) async throws -> IntegrationRecord {
        try await account.store.addIntegration(
            IntegrationRecord(
                guid: account.makeGUID(), name: "data", description: "", template: "custom", authType: "Viewer",
                config: ["client_id": "x"], sealedSecret: nil, createdAt: now, updatedAt: now
            ),
            permissions: [], noting: nil
        )
    }

    func tokens(_ byte: UInt8 = 1) -> SealedTokens {
        SealedTokens(
            access: [byte], refresh: [byte, byte], expiresAt: now + .seconds(600), refreshAt: now + .seconds(540),
            scope: nil)
    }
}
