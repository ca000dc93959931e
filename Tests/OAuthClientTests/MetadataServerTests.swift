import HTTPClient
import OAuthClient
import Testing

/// Documents that a hostile or careless server may have, over real sockets.
@Suite("A metadata document from a server", .timeLimit(.minutes(5)))
struct MetadataServerTests {
    /// What came of fetching the metadata of an issuer whose server gives this document at every place; `document` is
    /// given the server's origin.
    private func fetch(
        _ status: Int = 200, headers: String = "", document: @escaping @Sendable (String) -> String,
        needsAuthorization: Bool = true
    ) async throws -> (result: Result<ServerMetadata, MetadataError>, requests: Int) {
        let server = TestServer { server, connection in
            while let request = connection.readRequest() {
                server.record(request)
                connection.answer(status, headers: headers, body: document("http://\(server.hostAndPort)"))
            }
        }
        defer { server.stop() }
        let policy = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: server.hostAndPort)])
        let transport = CurlTransport(policy: policy, proxy: nil)
        let result: Result<ServerMetadata, MetadataError>
        do throws(MetadataError) {
            result = .success(
                try await ServerMetadata.fetch(
                    issuer: "http://\(server.hostAndPort)", policy: policy, over: transport,
                    needsAuthorization: needsAuthorization))
        } catch { result = .failure(error) }
        await transport.shutdown()
        return (result, server.requests.count)
    }

    private func code(_ result: Result<ServerMetadata, MetadataError>) -> MetadataError.Code? {
        if case .failure(let error) = result { error.code } else { nil }
    }

    @Test("of 10 MB is not read to its end, and no other place is asked")
    func huge() async throws {
        let filler = String(repeating: "x", count: 10_000_000)
        let (result, requests) = try await fetch { origin in
            #"{"issuer":"\#(origin)","authorization_endpoint":"\#(origin)/a","token_endpoint":"\#(origin)/t","#
                + #""x":"\#(filler)"}"#
        }
        #expect(code(result) == .tooLarge)
        #expect(requests == 1)
    }

    @Test("that redirects is not followed")
    func redirect() async throws {
        let (result, requests) = try await fetch(302, headers: "Location: /elsewhere\r\n") { _ in "" }
        #expect(code(result) == .redirected)
        // The two places of an issuer without a path, and no third.
        #expect(requests == 2)
    }

    @Test("about another issuer is refused, and the issuer that it names is told")
    func mismatch() async throws {
        let (result, _) = try await fetch { origin in
            #"{"issuer":"\#(origin)/other","authorization_endpoint":"\#(origin)/a","token_endpoint":"\#(origin)/t"}"#
        }
        guard case .failure(let error) = result else {
            Issue.record("another issuer's document was taken")
            return
        }
        #expect(error.code == .issuerMismatch)
        #expect(error.detail.hasSuffix("/other"))
    }

    @Test(
        "with an endpoint at an address that may not be called is refused, and the endpoint is told",
        arguments: ["authorization_endpoint", "token_endpoint", "revocation_endpoint"],
        [
            "http://169.254.169.254/latest", "https://10.0.0.1/t", "https://localhost/t", "https://127.0.0.1:1/t",
            "https://[::1]/t", "http://idp.example.com/t", "https://idp.internal/t",
        ])
    func refusedEndpoint(_ name: String, _ address: String) async throws {
        let endpoints = ["authorization_endpoint", "token_endpoint", "revocation_endpoint"]
        let (result, _) = try await fetch { origin in
            let members = endpoints.map { #""\#($0)":"\#($0 == name ? address : origin + "/ok")""# }
            return #"{"issuer":"\#(origin)",\#(members.joined(separator: ","))}"#
        }
        guard case .failure(let error) = result else {
            Issue.record("an endpoint at \(address) was taken")
            return
        }
        #expect(error.code == .endpointRefused)
        #expect(error.detail.hasPrefix(name))
    }

    @Test("without an authorization endpoint serves where none is needed, and only there")
    func machinesOnly() async throws {
        let document: @Sendable (String) -> String = { origin in
            #"{"issuer":"\#(origin)","token_endpoint":"\#(origin)/t","jwks_uri":"\#(origin)/keys","#
                + #""grant_types_supported":["client_credentials"],"scopes_supported":["a","b"]}"#
        }
        #expect(code(try await fetch(document: document).result) == .endpointMissing)
        let metadata = try await fetch(document: document, needsAuthorization: false).result.get()
        #expect(metadata.authorizationEndpoint == nil)
        #expect(metadata.tokenEndpoint.path == "/t")
        #expect(metadata.jwksURI == metadata.issuer + "/keys")
        #expect(metadata.grantTypesSupported == ["client_credentials"])
        #expect(metadata.scopesSupported == ["a", "b"])
        let withoutToken = try await fetch(document: { #"{"issuer":"\#($0)"}"# }, needsAuthorization: false)
        #expect(code(withoutToken.result) == .endpointMissing)
    }
}
