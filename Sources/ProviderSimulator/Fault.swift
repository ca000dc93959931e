import Cryptography
import JSON

/// A way to misbehave, and at which requests.
struct Fault: Sendable {
    enum Endpoint: String, Sendable {
        case token
        case authorize
        case api
        case revoke
        case metadata
    }

    enum Kind: String, Sendable {
        /// Waits, then answers.
        case delay
        /// Closes the connection, nothing was done.
        case dropBefore = "drop_before"
        /// Does everything (tokens rotate), then closes the connection without an answer.
        case dropAfter = "drop_after"
        /// Never answers; ends with a closed connection when held requests are released.
        case hang
        /// Waits for the release, then does and answers.
        case holdBefore = "hold_before"
        /// Does everything, waits for the release, then answers.
        case holdAfter = "hold_after"
        /// An error of the given status in the provider's shape.
        case status
        case html
        case malformedJSON = "malformed_json"
        case rateLimit = "rate_limit"
        /// Two MiB of valid JSON.
        case tooLarge = "too_large"
        case empty
        /// The given bytes, as they are.
        case raw
    }

    let endpoint: Endpoint
    let kind: Kind
    /// Only token requests of this `grant_type`.
    let grant: String?
    let milliseconds: Int64
    let status: Int?
    /// Seconds, for the `Retry-After` header.
    let retryAfter: Int64?
    /// The OAuth error code of a `status` fault.
    let error: String
    /// The body of a `raw` fault, given as text or as `body_base64`.
    let body: [UInt8]
    /// The media type of a `raw` fault.
    let contentType: String
    /// How many requests are still to be hit.
    var times: Int64

    init(_ object: JSONObject) throws(ControlRefusal) {
        let known: Set = [
            "endpoint", "kind", "grant", "milliseconds", "status", "retry_after", "error", "times", "body",
            "body_base64", "content_type",
        ]
        if let unknown = object.keys.first(where: { !known.contains($0) }) {
            throw ControlRefusal("A fault has no \(unknown)")
        }
        guard let endpoint = object["endpoint"]?.stringValue.flatMap(Endpoint.init(rawValue:)) else {
            throw ControlRefusal("endpoint is token, authorize, api, revoke or metadata")
        }
        guard let kind = object["kind"]?.stringValue.flatMap(Kind.init(rawValue:)) else {
            throw ControlRefusal("kind is unknown")
        }
        let times = object["times"]?.integerValue ?? 1
        guard times > 0 else { throw ControlRefusal("times is 1 or more") }
        let status = object["status"]?.integerValue
        guard status.map({ (200...599).contains($0) }) ?? true else { throw ControlRefusal("status is 200 to 599") }
        self.endpoint = endpoint
        self.kind = kind
        self.times = times
        self.status = status.map { Int($0) }
        grant = object["grant"]?.stringValue
        milliseconds = object["milliseconds"]?.integerValue ?? 0
        retryAfter = object["retry_after"]?.integerValue
        error = object["error"]?.stringValue ?? "temporarily_unavailable"
        contentType = object["content_type"]?.stringValue ?? "application/json"
        if let text = object["body_base64"]?.stringValue {
            guard let bytes = Base64.decode(text) else { throw ControlRefusal("body_base64 is not base64") }
            body = bytes
        } else {
            body = Array((object["body"]?.stringValue ?? "").utf8)
        }
    }

    func applies(to endpoint: Endpoint, grant: String?) -> Bool {
        self.endpoint == endpoint && (self.grant == nil || self.grant == grant)
    }

    var json: JSON {
        ["endpoint": .string(endpoint.rawValue), "kind": .string(kind.rawValue), "times": .integer(times)]
    }
}
