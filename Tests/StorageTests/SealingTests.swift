import Cryptography
import Testing

@testable import Storage

@Suite struct SealingTests {
    let temporary: TemporaryFolder
    let place = Vault.Place(table: "oauth_session", column: "sealed_access_token", row: "1")

    init() throws { temporary = try TemporaryFolder() }

    @Test func aSecretOpensOnlyAtItsPlaceInItsAccount() throws {
        let (acme, globex) = (try temporary.open("acme"), try temporary.open("globex"))
        let sealed = try acme.vault.seal(SecretString("token"), at: place)
        #expect(try acme.vault.open(sealed, at: place) == SecretString("token"))
        #expect(throws: CryptographyError.self) { try globex.vault.open(sealed, at: place) }
        for other in [
            Vault.Place(table: "oauth_session", column: "sealed_refresh_token", row: "1"),
            Vault.Place(table: "oauth_session", column: "sealed_access_token", row: "2"),
            Vault.Place(table: "integration", column: "sealed_access_token", row: "1"),
        ] { #expect(throws: CryptographyError.self) { try acme.vault.open(sealed, at: other) } }
    }

    @Test func aMasterKeyThatOthersCanReadIsRefused() throws {
        let path = temporary.folder.masterKeyPath
        try temporary.ring.save(path: path)
        #expect(try Files.mode(path) == 0o600)
        #expect(try MasterKeyRing.load(path: path).current.id == temporary.ring.current.id)
        try Files.replace(path, with: Array(temporary.ring.text.reveal().utf8), mode: 0o644)
        #expect { try MasterKeyRing.load(path: path) } throws: { ($0 as? MasterKeyError)?.code == .tooOpen }
    }

    @Test(arguments: ["", "# only a comment\n", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
    func aMalformedMasterKeyIsRefusedWithoutBeingQuoted(_ text: String) {
        #expect { try MasterKeyRing(parsing: SecretString(text)) } throws: { error in
            (error as? MasterKeyError)?.code == .malformed && (text.isEmpty || !"\(error)".contains(text))
        }
    }

    @Test func anotherMasterKeyNamesTheAccountsThatItCannotOpen() throws {
        _ = try temporary.open("acme")
        let sentences = try temporary.folder.lockedOut(by: .fresh())
        #expect(sentences.count == 1)
        #expect(sentences.first?.contains("acme") == true)
        #expect(try temporary.folder.lockedOut(by: temporary.ring).isEmpty)
    }

    @Test func aRotationRewrapsAndTheOldKeyStillOpensBackups() throws {
        let slug = try temporary.slug("acme")
        let sealed = try temporary.open("acme").vault.seal(SecretString("token"), at: place)
        let backup = try Files.read(temporary.folder.keyPath(of: slug))
        let directory = try AccountDirectory(folder: temporary.folder, ring: temporary.ring) { $0 }
        let result = try directory.rotateMasterKey(path: temporary.folder.masterKeyPath, forgettingOlder: false)
        #expect(result.rewrapped == 1)
        let ring = try MasterKeyRing.load(path: temporary.folder.masterKeyPath)
        #expect(ring.current.id == result.keyID)
        #expect(
            try OpenAccount(slug, in: temporary.folder, ring: ring.trimmed()).vault.open(sealed, at: place)
                == SecretString("token"))
        try Files.replace(temporary.folder.keyPath(of: slug), with: backup)
        #expect(
            try OpenAccount(slug, in: temporary.folder, ring: ring).vault.open(sealed, at: place)
                == SecretString("token"))
    }

    @Test func anAccountThatCannotBeRewrappedKeepsTheOlderKeysAndHoldsNobodyUp() throws {
        _ = (try temporary.open("acme"), try temporary.open("globex"))
        try Files.replace(temporary.folder.keyPath(of: try temporary.slug("acme")), with: Array("rubbish".utf8))
        let directory = try AccountDirectory(folder: temporary.folder, ring: temporary.ring) { $0 }
        let result = try directory.rotateMasterKey(path: temporary.folder.masterKeyPath, forgettingOlder: true)
        #expect(result.rewrapped == 1 && result.failures.count == 1 && !result.forgotOlder)
        #expect(try MasterKeyRing.load(path: temporary.folder.masterKeyPath).keys.count == 2)
    }

    @Test func forgettingOlderKeysLeavesOne() throws {
        _ = try temporary.open("acme")
        let directory = try AccountDirectory(folder: temporary.folder, ring: temporary.ring) { $0 }
        _ = try directory.rotateMasterKey(path: temporary.folder.masterKeyPath, forgettingOlder: true)
        #expect(try MasterKeyRing.load(path: temporary.folder.masterKeyPath).keys.count == 1)
    }

    @Test func keysDoNotPrintThemselves() {
        #expect(!"\(temporary.ring)".contains(temporary.ring.text.reveal().prefix(20)))
    }
}
