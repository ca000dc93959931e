import HTTPTypes
import Hummingbird
import JSON

extension Request {
    /// No honest request here is larger, in bytes.
    private static let bodyLimit = 1024 * 1024

    /// Scheme, host and port as the caller wrote them; the simulator speaks plain HTTP only.
    var origin: String { "http://\(head.authority ?? "localhost")" }

    /// The query as a form; nil when an escape is broken.
    var query: Form? { Form(encoded: uri.query ?? "") }

    /// The body as a form; nil when the type is another or an escape is broken.
    func form() async throws -> Form? {
        guard headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true else {
            return nil
        }
        let buffer = try await body.collect(upTo: Self.bodyLimit)
        return Form(encoded: String(buffer: buffer))
    }

    /// The body as a JSON object; an empty one counts as `{}`.
    func object() async throws -> JSONObject {
        let buffer = try await body.collect(upTo: Self.bodyLimit)
        if buffer.readableBytes == 0 { return [:] }
        guard let object = try? JSON.parse(Array(buffer.readableBytesView)).objectValue else {
            throw ControlRefusal("The body is not a JSON object")
        }
        return object
    }

    /// The token of `Authorization: Bearer`.
    var bearerToken: String? {
        guard let parts = headers[.authorization]?.split(separator: " ", maxSplits: 1), parts.count == 2,
            parts[0].lowercased() == "bearer"
        else { return nil }
        return String(parts[1])
    }
}
