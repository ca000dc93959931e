import Glibc

/// The answer of both servers: of the form and length of Gatehouse's exchange.
struct FixedAnswer: Sendable {
    /// The path that Gatehouse answers the exchange at.
    static let path = "/__api__/v1/oauth/integrations/credentials"

    /// Largest body read, in bytes.
    static let bodyLimit = 1024 * 1024

    let bytes: [UInt8]

    init(tokenLength: Int) {
        let token = String(repeating: "a", count: tokenLength)
        let type = "urn:ietf:params:oauth:token-type:access_token"
        let text =
            #"{"access_token":"\#(token)","issued_token_type":"\#(type)","token_type":"Bearer","expires_in":3500}"#
        bytes = Array(text.utf8)
    }

    /// One unbuffered line on standard output: whoever started the server waits for it.
    static func announce(_ host: String, port: Int?) {
        let line = Array("listening on http://\(host):\(port ?? 0)\n".utf8)
        _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
