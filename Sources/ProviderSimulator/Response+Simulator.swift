import HTTPTypes
import Hummingbird
import JSON

extension Response {
    static func json(_ body: JSON, status: HTTPResponse.Status = .ok) -> Response {
        make(body.serialized(), type: "application/json", status: status)
    }

    static func html(_ body: String, status: HTTPResponse.Status = .ok) -> Response {
        var response = make(Array(body.utf8), type: "text/html; charset=utf-8", status: status)
        // A login page in a frame invites clickjacking; the real ones refuse that, too.
        response.headers[.contentSecurityPolicy] = "frame-ancestors 'none'"
        return response
    }

    static func text(_ body: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
        make(Array(body.utf8), type: type, status: status)
    }

    static func redirect(to location: String) -> Response {
        Response(status: .found, headers: [.location: location, .cacheControl: "no-store"])
    }

    private static func make(_ body: [UInt8], type: String, status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
