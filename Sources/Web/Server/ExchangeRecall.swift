import Accounts
import HTTPTypes
import Integrations
import JSON
import NIOCore
import Storage

/// Answers an exchange from memory, for one connection.
///
/// A connection usually belongs to one content, so to one account: its tenant is remembered here, and in steady state no
/// lock is touched that another account could hold.
final class ExchangeRecall {
    private static let paths: Set<String> = [
        "/__api__/v1/oauth/integrations/credentials", "/v1/oauth/integrations/credentials",
    ]

    private let directory: AccountDirectory<Tenant>
    private weak var tenant: Tenant?

    init(directory: AccountDirectory<Tenant>) { self.directory = directory }

    /// Whether the request has the form that memory could know.
    func mayKnow(_ head: HTTPRequest) -> Bool {
        guard head.method == .post, let path = head.path, Self.paths.contains(path) else { return false }
        let headers = head.headerFields
        return headers[.cacheControl] == nil && headers[.connection].map { $0.lowercased() == "keep-alive" } ?? true
            && headers[.contentType]?.hasPrefix("application/x-www-form-urlencoded") == true
            && headers[.transferEncoding] == nil && headers[.expect] == nil
    }

    /// The whole answer; nil where the router has to find it.
    func answer(_ head: HTTPRequest, _ form: ByteBuffer) -> (head: HTTPResponse, body: ByteBuffer)? {
        guard var key = head.headerFields[.authorization], key.hasPrefix(KeyAuthentication.scheme) else { return nil }
        let granted = key.withUTF8 { bytes -> Exchange.Granted? in
            let key = UnsafeRawBufferPointer(
                rebasing: UnsafeRawBufferPointer(bytes).dropFirst(KeyAuthentication.scheme.utf8.count))
            guard let fingerprint = APIKey.claimedTenant(of: key), let tenant = tenant(fingerprint) else { return nil }
            return form.withUnsafeReadableBytes { tenant.exchange.recall(key: key, form: $0) }
        }
        guard let granted else { return nil }
        let body = CredentialsAnswer.body(granted)
        return (Self.head(.ok, length: body.readableBytes, correlation: head.headerFields[.correlationID]), body)
    }

    /// The refusal of a body that is too large.
    func tooLarge() -> (head: HTTPResponse, body: ByteBuffer) {
        let json: JSON = [
            "code": .integer(Int64(BodyLimit.refusal.code.rawValue)), "error": .string(BodyLimit.refusal.message),
            "payload": .null,
        ]
        let body = ByteBuffer(bytes: json.serialized())
        var head = Self.head(.contentTooLarge, length: body.readableBytes, correlation: nil)
        head.headerFields[.connection] = "close"
        return (head, body)
    }

    private func tenant(_ fingerprint: TenantFingerprint) -> Tenant? {
        if let tenant, tenant.account.fingerprint == fingerprint { return tenant }
        tenant = directory.opened(fingerprint)
        return tenant
    }

    private static func head(_ status: HTTPResponse.Status, length: Int, correlation: String?) -> HTTPResponse {
        var headers = HTTPFields()
        headers.reserveCapacity(5)
        headers[.contentType] = "application/json"
        headers[.contentLength] = String(length)
        headers[.cacheControl] = "no-store"
        headers[.correlationID] = CorrelationID.of(correlation)
        headers[.xContentTypeOptions] = "nosniff"
        return HTTPResponse(status: status, headerFields: headers)
    }
}
