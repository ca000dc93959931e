import Cryptography
import OAuthClient
import Testing

@Suite("A proof key")
struct PKCETests {
    @Test("has the challenge of RFC 7636, appendix B")
    func appendixB() {
        let key = PKCE(verifier: SecretString("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))
        #expect(key.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
        #expect(PKCE.method == "S256")
    }

    @Test("is new every time, 43 characters long and silent")
    func generated() {
        let keys = (0..<100).map { _ in PKCE.generate() }
        #expect(Set(keys.map(\.challenge)).count == 100)
        #expect(keys.allSatisfy { $0.verifier.utf8Count == 43 })
        #expect(!"\(keys[0])".contains(keys[0].verifier.reveal()))
    }
}
