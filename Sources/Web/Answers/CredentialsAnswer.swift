import HTTPTypes
import Integrations
import NIOCore

/// The answer of an exchange (RFC 8693, section 2.2.1), written straight into the buffer that goes out.
enum CredentialsAnswer {
    private static let start = Array(#"{"access_token":""#.utf8)
    private static let middle = Dictionary(
        uniqueKeysWithValues: IssuedTokenType.allCases.map { type in
            (type, Array(#"","issued_token_type":"\#(type.rawValue)","token_type":"\#(type.tokenType)""#.utf8))
        }
    )
    private static let expiry = Array(#","expires_in":"#.utf8)

    static func body(_ granted: Exchange.Granted) -> ByteBuffer {
        let middle = middle[granted.type] ?? []
        var buffer = ByteBuffer()
        buffer.reserveCapacity(start.count + granted.token.count + middle.count + expiry.count + 24)
        buffer.writeBytes(start)
        write(granted.token, to: &buffer)
        buffer.writeBytes(middle)
        if let seconds = granted.expiresIn {
            buffer.writeBytes(expiry)
            buffer.writeString(String(seconds))
        }
        buffer.writeInteger(UInt8(ascii: "}"))
        return buffer
    }

    /// A token is visible ASCII, so that only two characters need an escape.
    private static func write(_ token: [UInt8], to buffer: inout ByteBuffer) {
        guard token.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
            buffer.writeBytes(token)
            return
        }
        for byte in token {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { buffer.writeInteger(UInt8(ascii: "\\")) }
            buffer.writeInteger(byte)
        }
    }
}
