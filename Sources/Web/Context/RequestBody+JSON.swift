import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import NIOCore
import OAuthClient

/// Limits of what is read.
enum BodyLimit {
    /// The largest body of any request: more is refused before it is read.
    static let bytes = 1 << 20

    static let refusal = Refusal(.bodyTooLarge, "The body is too large: 1 MiB (1,048,576 bytes) at most.")
}

extension Request {
    /// The whole body.
    func bytes() async throws -> [UInt8] {
        do {
            return Array(buffer: try await body.collect(upTo: BodyLimit.bytes))
        } catch is NIOTooManyBytesError {
            throw BodyLimit.refusal
        }
    }

    /// The body as a JSON object (RFC 8259, duplicate keys refused).
    ///
    /// - Parameter ofAnyMedia: whether it is read whatever Content-Type says, for clients that never mean anything else.
    func jsonObject(ofAnyMedia: Bool = false) async throws -> JSONObject {
        guard let object = try await json(ofAnyMedia: ofAnyMedia).objectValue else {
            throw Refusal(.notJSON, "The body must be a JSON object: {...}.")
        }
        return object
    }

    /// The same where the body may be left out: nothing is as good as `{}`.
    func optionalJSONObject() async throws -> JSONObject {
        let bytes = try await bytes()
        guard !bytes.isEmpty else { return [:] }
        guard let object = try await Self.json(bytes).objectValue else {
            throw Refusal(.notJSON, "The body must be a JSON object: {...}.")
        }
        return object
    }

    func json(ofAnyMedia: Bool = false) async throws -> JSON {
        if !ofAnyMedia { try requireJSON() }
        return try await Self.json(try await bytes())
    }

    private static func json(_ bytes: [UInt8]) async throws -> JSON {
        try await BodyParser.read(bytes) { bytes throws(Refusal) in
            do throws(JSONError) { return try JSON.parse(bytes) } catch {
                throw Refusal(.notJSON, "The body is no JSON that this server reads: \(error.description)")
            }
        }
    }

    /// A body that says it is something else is not read as JSON; one that says nothing is.
    private func requireJSON() throws(Refusal) {
        guard let sent = headers[.contentType] else { return }
        let media = String(sent.prefix { $0 != ";" }).trimmed.lowercased()
        guard media == "application/json" || media.hasSuffix("+json") else {
            throw Refusal(.unsupportedMediaType, "Send JSON: Content-Type must be application/json.")
        }
    }

    /// The body as a form, each field once.
    func form() async throws -> [String: String] {
        guard headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true else {
            throw Refusal(.formMissing, "Send a form: Content-Type must be application/x-www-form-urlencoded.")
        }
        return try await BodyParser.read(try await bytes()) { bytes throws(Refusal) in
            // A long value of a variable, percent-encoded, is as long as any body may be.
            do { return try FormEncoding.fields(bytes, maximumBytes: BodyLimit.bytes) } catch {
                throw Refusal(
                    .formUnreadable, "The form cannot be read: each field must be there once, percent-encoded UTF-8.")
            }
        }
    }

    /// The query of an address that another server wrote: a value that cannot be decoded counts as missing, and leaves the
    /// others as they are.
    func readableQuery() throws(Refusal) -> [String: String] {
        guard let query = uri.query else { return [:] }
        do {
            let pairs = try FormEncoding.decode(readable: query)
            return Dictionary(uniqueKeysWithValues: pairs.compactMap { pair in pair.value.map { (pair.name, $0) } })
        } catch {
            throw .invalid("query", "The query cannot be read: each parameter must be there once.")
        }
    }

    /// The query's parameters, each once.
    func query() throws(Refusal) -> [String: String] {
        guard let query = uri.query else { return [:] }
        do { return try FormEncoding.fields(query) } catch {
            throw .invalid(
                "query", "The query cannot be read: each parameter must be there once, percent-encoded UTF-8.")
        }
    }
}
