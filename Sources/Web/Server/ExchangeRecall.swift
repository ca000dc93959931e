import Accounts
import Integrations
import JSON
import NIOCore
import NIOHTTP1
import Storage

/// Answers an exchange from memory, for one connection.
///
/// A connection usually belongs to one content, so to one account: its tenant is remembered here, and in steady state no
/// lock is touched that another account could hold.
final class ExchangeRecall {
    private static let path = "/v1/oauth/integrations/credentials"

    private let directory: AccountDirectory<Tenant>
    private weak var tenant: Tenant?
    private var correlation = CorrelationSequence()
    private let remembered = Measurements.remembered

    init(directory: AccountDirectory<Tenant>) { self.directory = directory }

    /// Whether the request has the form that memory could know.
    func mayKnow(_ head: HTTPRequestHead) -> Bool {
        guard head.method == .POST, head.uri.hasSuffix(Self.path), head.version == .http1_1,
            head.uri == Self.path || head.uri == "/__api__" + Self.path
        else { return false }
        var isForm = false
        for (name, value) in head.headers {
            switch name.utf8.count {
            case 13 where name.isEqualIgnoringCase(to: "cache-control"): return false
            case 10 where name.isEqualIgnoringCase(to: "connection"):
                guard value.isEqualIgnoringCase(to: "keep-alive") else { return false }
            case 17 where name.isEqualIgnoringCase(to: "transfer-encoding"): return false
            case 6 where name.isEqualIgnoringCase(to: "expect"): return false
            case 12 where name.isEqualIgnoringCase(to: "content-type"):
                isForm = value.hasPrefix("application/x-www-form-urlencoded")
            default: continue
            }
        }
        return isForm
    }

    /// The whole answer, ready for the socket; nil where the router has to find it.
    ///
    /// - Parameter isLast: whether it says that the connection closes.
    func answer(_ head: HTTPRequestHead, _ form: ByteBuffer, isLast: Bool) -> ByteBuffer? {
        guard var key = Self.only("authorization", head.headers), key.hasPrefix(KeyAuthentication.scheme) else {
            return nil
        }
        let granted = key.withUTF8 { bytes -> Exchange.Granted? in
            let scheme = KeyAuthentication.scheme.utf8.count
            let key = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[scheme...])
            guard let fingerprint = APIKey.claimedTenant(of: key), let tenant = tenant(fingerprint) else { return nil }
            return form.withUnsafeReadableBytes { tenant.exchange.recall(key: key, form: $0) }
        }
        guard let granted else { return nil }
        remembered.count()
        let body = CredentialsAnswer.body(granted)
        let sent = head.headers.first(name: "x-correlation-id")
        return write("200 OK", body, correlation: sent, isLast: isLast)
    }

    /// A refusal in the API's form, the last answer of the connection.
    ///
    /// - Parameter withBody: false for HEAD, whose answers have none.
    func refusal(_ refusal: Refusal, withBody: Bool) -> ByteBuffer {
        let json: JSON = [
            "code": .integer(Int64(refusal.code.rawValue)), "error": .string(refusal.message), "payload": .null,
        ]
        let body = ByteBuffer(bytes: json.serialized())
        let status = HTTPResponseStatus(statusCode: refusal.code.status)
        let words = "\(status.code) \(status.reasonPhrase)"
        return write(words, body, correlation: nil, isLast: true, withBody: withBody)
    }

    private func tenant(_ fingerprint: TenantFingerprint) -> Tenant? {
        if let tenant, tenant.account.fingerprint == fingerprint { return tenant }
        tenant = directory.opened(fingerprint)
        return tenant
    }

    /// A header that must be there once; of two, nobody knows which one counts.
    private static func only(_ name: String, _ headers: HTTPHeaders) -> String? {
        var found: String?
        for header in headers where header.name.isEqualIgnoringCase(to: name) {
            guard found == nil else { return nil }
            found = header.value
        }
        return found
    }

    private func write(
        _ status: String, _ body: ByteBuffer, correlation sent: String?, isLast: Bool, withBody: Bool = true
    )
        -> ByteBuffer
    {
        var buffer = ByteBufferAllocator().buffer(capacity: 320 + body.readableBytes)
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(status)
        buffer.writeStaticString(
            "\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        )
        if isLast { buffer.writeStaticString("Connection: close\r\n") }
        buffer.writeStaticString("X-Correlation-ID: ")
        if let sent, CorrelationID.isPlain(sent) {
            buffer.writeString(sent)
        } else {
            correlation.writeNext(to: &buffer)
        }
        buffer.writeStaticString("\r\nContent-Length: ")
        buffer.writeString(String(body.readableBytes))
        buffer.writeStaticString("\r\n\r\n")
        if withBody { buffer.writeImmutableBuffer(body) }
        return buffer
    }
}

/// Correlation ids of one connection: a random half for the connection, then a count. They need be no secret.
private struct CorrelationSequence {
    private let connection = UInt64.random(in: .min ... .max)
    private var count: UInt64 = 0

    private static let digits = Array("0123456789abcdef".utf8)

    mutating func writeNext(to buffer: inout ByteBuffer) {
        count &+= 1
        for half in [connection, count] {
            for shift in stride(from: 60, through: 0, by: -4) {
                buffer.writeInteger(Self.digits[Int(truncatingIfNeeded: half >> UInt64(shift) & 0xF)])
            }
        }
    }
}

extension String {
    /// Compares with a lower-case ASCII text, as header names are compared (RFC 9110, section 5.1).
    func isEqualIgnoringCase(to lowercased: String) -> Bool {
        guard utf8.count == lowercased.utf8.count else { return false }
        return zip(utf8, lowercased.utf8).allSatisfy { own, other in
            own == other || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(own) && own | 0x20 == other
        }
    }
}
