import Cryptography
import HTTPClient
import JSON
import Storage
import Testing

@testable import Integrations

@Suite struct AssumeRoleTests {
    private static let answer = """
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult>
            <SubjectFromWebIdentityToken>user:1</SubjectFromWebIdentityToken>
            <Credentials>
              <SessionToken>se/ss+ion==&amp;lt;</SessionToken>
              <SecretAccessKey>secret</SecretAccessKey>
              <Expiration>2026-11-21T12:00:00.123Z</Expiration>
              <AccessKeyId>ASIA1</AccessKeyId>
            </Credentials>
          </AssumeRoleWithWebIdentityResult>
        </AssumeRoleWithWebIdentityResponse>
        """

    private func perform(_ status: Int, _ body: String) async throws -> (AssumeRole.Credentials, [String: String]) {
        let provider = ScriptedProvider()
        provider.next { _ throws(OutboundError) in
            OutboundResponse(status: status, headers: [], body: Array(body.utf8))
        }
        let request = AssumeRole(
            endpoint: try OutboundURL(parsing: "https://sts.eu-west-1.amazonaws.com/", policy: OutboundPolicy()),
            roleARN: "arn:aws:iam::123456789012:role/data", sessionName: "vic@acme.example", duration: .seconds(900))
        let credentials = try await request.credentials(for: SecretString("statement"), over: provider)
        return (credentials, provider.requests[0])
    }

    @Test func aStatementBecomesCredentials() async throws {
        let (credentials, asked) = try await perform(200, Self.answer)
        #expect(credentials.accessKeyID == "ASIA1" && credentials.secretAccessKey.reveal() == "secret")
        #expect(credentials.sessionToken.reveal() == "se/ss+ion==&lt;")
        #expect(credentials.expiration.description == "2026-11-21T12:00:00Z")
        #expect(asked["Action"] == "AssumeRoleWithWebIdentity" && asked["WebIdentityToken"] == "statement")
        #expect(asked["DurationSeconds"] == "900" && asked["RoleSessionName"] == "vic@acme.example")
        let object = try JSON.parse(try #require(Base64.decode(credentials.encoded.reveal())))
        #expect(object.objectValue?.keys.sorted() == ["accessKeyId", "expiration", "secretAccessKey", "sessionToken"])
    }

    @Test func aRefusalIsTold() async throws {
        let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not you</Message></Error></ErrorResponse>"
        await #expect(throws: AssumeRole.Failure.refused("AccessDenied: Not you")) { try await perform(403, body) }
    }

    @Test(arguments: [
        (200, "<Credentials></Credentials>"), (200, ""), (500, "<Error><Code>X</Code></Error>"), (403, "no"),
    ])
    func whatMakesNoSenseIsNoAnswer(status: Int, body: String) async throws {
        await #expect {
            try await perform(status, body)
        } throws: { error in
            guard case .unavailable(let cause) = error as? AssumeRole.Failure else { return false }
            return cause.contains("AWS")
        }
    }
}
