import Cryptography
import OAuthClient
import Testing

@Suite("An authorization request")
struct AuthorizationRequestTests {
    private func url(_ endpoint: String, scopes: String = "a b", additional: [(String, String)] = []) -> String {
        AuthorizationRequest.url(
            endpoint: endpoint, clientID: "id&x", redirectURI: "https://g.example/cb?x=1", scopes: scopes,
            state: SecretString("st+ate"), challenge: "chal-lenge_", nonce: "n", additional: additional)
    }

    private func parameters(_ url: String) throws -> [String: String] {
        try FormEncoding.fields(String(url.drop { $0 != "?" }.dropFirst()))
    }

    @Test("carries everything, strictly percent-encoded")
    func parameters() throws {
        let url = url("https://idp.example/authorize")
        #expect(
            url.hasPrefix(
                "https://idp.example/authorize?response_type=code&client_id=id%26x&redirect_uri=https%3A%2F%2Fg.example%2Fcb%3Fx%3D1&scope=a%20b&state=st%2Bate&"
            ))
        #expect(
            try parameters(url) == [
                "response_type": "code", "client_id": "id&x", "redirect_uri": "https://g.example/cb?x=1",
                "scope": "a b", "state": "st+ate", "code_challenge": "chal-lenge_", "code_challenge_method": "S256",
                "nonce": "n",
            ])
    }

    @Test("keeps the endpoint's query, but not what the protocol decides")
    func existingQuery() throws {
        let url = url(
            "https://idp.example/authorize?tenant=t%201&state=evil&response_%74ype=token&redirect_uri=x&request_uri=y&&bad=%z"
        )
        let parameters = try parameters(url)
        #expect(parameters["tenant"] == "t 1")
        #expect(parameters["state"] == "st+ate")
        #expect(parameters["response_type"] == "code")
        #expect(parameters["request_uri"] == nil)
        #expect(parameters["redirect_uri"] == "https://g.example/cb?x=1")
    }

    @Test("takes additional parameters that cannot override the protocol's; empty scopes are left out")
    func additional() throws {
        let parameters = try parameters(
            url(
                "https://idp.example/a", scopes: "",
                additional: [("prompt", "consent"), ("state", "evil"), ("scope", "evil")]))
        #expect(parameters["prompt"] == "consent")
        #expect(parameters["state"] == "st+ate")
        #expect(parameters["scope"] == nil)
    }
}
