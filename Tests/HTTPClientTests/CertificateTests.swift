import Glibc
import HTTPClient
import Testing

@Suite("Certificates", .timeLimit(.minutes(5)))
struct CertificateTests {
    private func call(
        _ server: TLSServer, trusting certificate: String?
    ) async throws -> Result<Int, OutboundError> {
        try await call(server, CertificateAuthorities(file: certificate))
    }

    private func call(
        _ server: TLSServer, _ authorities: CertificateAuthorities
    ) async throws -> Result<Int, OutboundError> {
        let policy = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: "localhost:\(server.port)")])
        let transport = CurlTransport(policy: policy, proxy: nil, certificateAuthorities: authorities)
        let url = try OutboundURL(parsing: "https://localhost:\(server.port)/", policy: policy)
        do throws(OutboundError) {
            return .success(try await transport.send(OutboundRequest(method: .get, url: url)).status)
        } catch { return .failure(error) }
    }

    private func expectRefusal(_ result: Result<Int, OutboundError>) {
        guard case .failure(let error) = result else {
            Issue.record("the certificate was accepted")
            return
        }
        #expect(error.code == .tls)
        #expect(!error.mayHaveBeenSent)
        #expect(error.detail.contains("certificate"))
    }

    private func bytes(of path: String) throws -> [UInt8] {
        let stream = try #require(fopen(path, "r"))
        defer { fclose(stream) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, stream)
        return Array(bytes[..<count])
    }

    @Test("of an unknown authority are refused, also on this machine")
    func unknownAuthority() async throws {
        let server = try #require(TLSServer(name: "localhost"))
        expectRefusal(try await call(server, trusting: nil))
    }

    @Test("of another name are refused although their authority is known")
    func anotherName() async throws {
        let server = try #require(TLSServer(name: "other.example.com"))
        expectRefusal(try await call(server, trusting: server.certificate))
    }

    @Test("of an authority that is trusted besides the others are accepted")
    func additional() async throws {
        let (server, other) = (try #require(TLSServer(name: "localhost")), try #require(TLSServer(name: "localhost")))
        let pem = try bytes(of: server.certificate)
        #expect(try await call(server, CertificateAuthorities().adding(pem: pem)).get() == 200)
        #expect(try await call(other, CertificateAuthorities(file: other.certificate).adding(pem: pem)).get() == 200)
        expectRefusal(try await call(other, CertificateAuthorities().adding(pem: pem)))
    }

    @Test("of the right name and a known authority are accepted")
    func accepted() async throws {
        let server = try #require(TLSServer(name: "localhost"))
        #expect(try await call(server, trusting: server.certificate).get() == 200)
    }
}
