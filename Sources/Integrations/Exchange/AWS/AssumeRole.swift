import Cryptography
import HTTPClient
import JSON
import OAuthClient
import Storage

/// AWS STS' `AssumeRoleWithWebIdentity`
/// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html): a statement that we signed
/// in, credentials for some time out. The request needs no signature of AWS' own.
struct AssumeRole: Sendable {
    let endpoint: OutboundURL
    let roleARN: String
    let sessionName: String
    let duration: Duration

    /// Temporary credentials.
    struct Credentials: Sendable {
        let accessKeyID: String
        let secretAccessKey: SecretString
        let sessionToken: SecretString
        let expiration: Timestamp

        /// What SDKs expect of the exchange: base64 of a JSON object.
        var encoded: SecretString {
            let object: JSON = [
                "accessKeyId": .string(accessKeyID), "secretAccessKey": .string(secretAccessKey.reveal()),
                "sessionToken": .string(sessionToken.reveal()), "expiration": .string(expiration.description),
            ]
            return SecretString(Base64.encode(object.serialized()))
        }
    }

    /// Why there are none.
    enum Failure: Error, Equatable {
        /// AWS refused, in its own words: the role, its trust policy, or the issuer is not as it must be.
        case refused(String)
        /// AWS was not reached or its answer makes no sense; the sentence says which.
        case unavailable(String)
        /// AWS was not called, or this server broke the call off.
        case notCalled
    }

    func credentials(
        for token: SecretString, over transport: any HTTPTransport
    ) async throws(Failure) -> Credentials {
        let parameters = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", roleARN),
            ("RoleSessionName", sessionName), ("WebIdentityToken", token.reveal()),
            ("DurationSeconds", String(duration.components.seconds)),
        ]
        let request = OutboundRequest(
            method: .post, url: endpoint,
            headers: [("Accept", "text/xml"), ("Content-Type", FormEncoding.contentType)],
            body: FormEncoding.encode(parameters.map { (name: $0.0, value: $0.1) })
        )
        let response: OutboundResponse
        do throws(OutboundError) { response = try await transport.send(request) } catch {
            throw error.code == .noPlace || error.code == .cancelled ? .notCalled : .unavailable(error.description)
        }
        let answer = await transport.read(response) { FlatXML($0.body) }
        guard response.status == 200 else {
            guard response.status < 500, let code = answer.text(of: "Code", within: "Error") else {
                throw .unavailable("AWS answered with status \(response.status) and no error that can be read.")
            }
            let message = answer.text(of: "Message", within: "Error") ?? ""
            let words = message.isEmpty ? code : "\(code): \(message)"
            throw .refused(Sentence.harmless(words, secrets: [token.reveal()]))
        }
        func member(_ name: String) -> String? { answer.text(of: name, within: "Credentials") }
        guard let id = member("AccessKeyId"), let secret = member("SecretAccessKey"),
            let session = member("SessionToken"), let text = member("Expiration"), let expiration = Self.time(text)
        else { throw .unavailable("The answer of AWS has no credentials that can be read.") }
        return Credentials(
            accessKeyID: id, secretAccessKey: SecretString(secret), sessionToken: SecretString(session),
            expiration: expiration)
    }

    /// AWS writes fractions of a second at times.
    private static func time(_ text: String) -> Timestamp? {
        guard let dot = text.firstIndex(of: "."), text.hasSuffix("Z") else { return Timestamp(text) }
        return Timestamp(String(text[..<dot]) + "Z")
    }
}
