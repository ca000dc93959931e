import Cryptography
import HTTPClient
import JSON
import Storage

/// Asks a server for what content needs to run.
struct RuntimeClient: Sendable {
    /// What the server said.
    struct Sheet: Sendable {
        let environment: [(name: String, value: SecretString)]
        let token: SecretString
        let expiresIn: Duration
        let warnings: [String]
        /// The whole answer.
        let json: JSON

        /// The content's own key; another one ends all that was given out with the one before.
        var key: String? { environment.first { $0.name == RuntimeClient.keyVariable }?.value.reveal() }
    }

    /// What the content's own key is called in its environment.
    static let keyVariable = "CONNECT_API_KEY"
    /// `userLocked`: the key is still the content's, and its owner is locked. Another one would not work either.
    private static let ownerIsLocked: Int64 = 50

    /// Publishers may set many variables, and long ones.
    private static let largestAnswer = 64 << 20

    let content: GUID
    private let key: SecretString
    private let url: OutboundURL
    /// The content itself, which its own key reads.
    private let contentURL: OutboundURL
    private let transport: CurlTransport

    /// - Throws: `RunFailure` where the address or the key cannot be meant.
    init(content: GUID, server: String, key: SecretString) throws {
        self.content = content
        self.key = key
        let origin: Origin
        do { origin = try Origin(server, "--server") } catch { throw RunFailure(.usage, "\(error)") }
        // The one who runs this chose the server, so its name may be a local one; plain http stays on this machine.
        let authority = origin.text.split(separator: "/").last.map(String.init) ?? ""
        do throws(OutboundURLError) {
            let policy = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: authority)])
            url = try OutboundURL(parsing: "\(origin.text)/v1/content/\(content)/runtime", policy: policy)
            contentURL = try OutboundURL(parsing: "\(origin.text)/v1/content/\(content)", policy: policy)
            transport = CurlTransport(policy: policy, maximumAnswerBytes: Self.largestAnswer)
        } catch {
            throw RunFailure(.usage, "--server is not usable: \(error.description)")
        }
    }

    func fetch() async throws(RunFailure) -> Sheet {
        let response: OutboundResponse
        do throws(OutboundError) { response = try await get(url, with: key.reveal()) } catch {
            throw RunFailure(
                .serverUnavailable,
                "The server cannot be reached: \(error.description) Is --server right, and does it run?")
        }
        let json = (try? JSON.parse(response.body)) ?? .null
        guard response.status == 200 else { throw Self.failure(response.status, json, url) }
        guard let sheet = Sheet(json) else { throw Self.stranger(url) }
        return sheet
    }

    /// Whether the server refuses the content's own key. A server that does not answer refuses nothing.
    func hasEnded(key: String) async -> Bool {
        guard let response = try? await get(contentURL, with: key), response.status == 401,
            let code = (try? JSON.parse(response.body))?["code"]?.integerValue
        else { return false }
        return code != Self.ownerIsLocked
    }

    private func get(_ url: OutboundURL, with key: String) async throws(OutboundError) -> OutboundResponse {
        try await transport.send(
            OutboundRequest(
                method: .get, url: url,
                headers: [(name: "Authorization", value: "Key \(key)"), (name: "Accept", value: "application/json")]
            ))
    }

    func close() async { await transport.shutdown() }

    private static func failure(_ status: Int, _ json: JSON, _ url: OutboundURL) -> RunFailure {
        guard let sentence = json["error"]?.stringValue, json["code"]?.integerValue != nil else {
            return status >= 500
                ? RunFailure(
                    .serverUnavailable, "The server at \(url.origin) cannot answer for now (status \(status)).")
                : stranger(url)
        }
        return switch status {
        case 401, 403: RunFailure(.keyRefused, "The key is refused: \(sentence)")
        case 404: RunFailure(.noContent, "\(sentence) Look at the GUID, and whether the key is of the same account.")
        case 429, 500...: RunFailure(.serverUnavailable, "The server cannot answer for now: \(sentence)")
        default: RunFailure(.notUnderstood, sentence)
        }
    }

    private static func stranger(_ url: OutboundURL) -> RunFailure {
        RunFailure(.notUnderstood, "What answers at \(url.origin) is no Gatehouse: look at --server.")
    }
}

extension RuntimeClient.Sheet {
    /// The server's answer; nil for anything else.
    init?(_ json: JSON) {
        guard let list = json["environment"]?.arrayValue, let token = json["content_session_token"]?.stringValue,
            let seconds = json["expires_in"]?.integerValue
        else { return nil }
        var environment: [(name: String, value: SecretString)] = []
        for entry in list {
            // What no environment can hold would shift what stands behind it.
            guard let name = entry["name"]?.stringValue, let value = entry["value"]?.stringValue, !name.isEmpty,
                !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0), !value.utf8.contains(0)
            else { return nil }
            environment.append((name, SecretString(value)))
        }
        self.init(
            environment: environment, token: SecretString(token), expiresIn: .seconds(seconds),
            warnings: json["warnings"]?.arrayValue?.compactMap(\.stringValue) ?? [], json: json
        )
    }
}
