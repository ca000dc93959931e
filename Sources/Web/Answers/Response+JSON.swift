import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import NIOCore

extension HTTPField.Name {
    static let correlationID = HTTPField.Name.known("X-Correlation-ID")
    static let contentSecurityPolicy = HTTPField.Name.known("Content-Security-Policy")
    static let referrerPolicy = HTTPField.Name.known("Referrer-Policy")
    static let userSessionToken = HTTPField.Name.known("Posit-Connect-User-Session-Token")
    static let gatehouseUpstream = HTTPField.Name.known("X-Gatehouse-Upstream")
    static let gatehouseLocation = HTTPField.Name.known("X-Gatehouse-Location")
    /// The body of a refusal, for nginx, which cannot read the body of the answer to its question.
    static let gatehouseBody = HTTPField.Name.known("X-Gatehouse-Body")
    static let originalURI = HTTPField.Name.known("X-Original-URI")
    static let forwardedURI = HTTPField.Name.known("X-Forwarded-Uri")
    static let forwardedFor = HTTPField.Name.known("X-Forwarded-For")
    static let rpcCookie = HTTPField.Name.known("X-RS-Session-Server-RPC-Cookie")
    static let fetchSite = HTTPField.Name.known("Sec-Fetch-Site")
    static let fetchMode = HTTPField.Name.known("Sec-Fetch-Mode")
    static let fetchDestination = HTTPField.Name.known("Sec-Fetch-Dest")
    static let forwardedHost = HTTPField.Name.known("X-Forwarded-Host")
    static let forwardedMethod = HTTPField.Name.known("X-Forwarded-Method")
    static let originalMethod = HTTPField.Name.known("X-Original-Method")
    static let cdnLoop = HTTPField.Name.known("CDN-Loop")
    static let openerPolicy = HTTPField.Name.known("Cross-Origin-Opener-Policy")
    static let resourcePolicy = HTTPField.Name.known("Cross-Origin-Resource-Policy")

    /// A name that is written here, so that it is one.
    private static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no header name") }
        return name
    }
}

extension Response {
    /// A JSON answer. Nothing of ours is to be cached unless it says so.
    static func json(_ json: JSON, status: HTTPResponse.Status = .ok) -> Response {
        let headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: json.serialized())))
    }

    /// An answer without a body.
    static var noContent: Response { Response(status: .noContent) }

    /// A redirect that is made anew each time.
    static func found(_ location: String) -> Response {
        Response(status: .found, headers: [.location: location, .cacheControl: "no-store"])
    }

    static func seeOther(_ location: String) -> Response {
        Response(status: .seeOther, headers: [.location: location, .cacheControl: "no-store"])
    }

    /// A refusal in the API's form: `{"code", "error", "payload"}`.
    static func refusal(_ refusal: Refusal) -> Response {
        var response = Response.json(refusal.body, status: .init(code: refusal.code.status))
        response.headers[.retryAfter] = refusal.retryAfter.map(String.init)
        return response
    }
}

extension Refusal {
    /// The refusal in the API's form.
    var body: JSON {
        var payload = self.payload
        if let field, payload?["field"] == nil { payload = (payload ?? [:]).merging(["field": .string(field)]) }
        return [
            "code": .integer(Int64(code.rawValue)), "error": .string(message),
            "payload": payload.map(JSON.object) ?? .null,
        ]
    }
}
