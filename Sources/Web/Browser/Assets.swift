import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// The style sheet and the script: each address names what is in it, so that browsers keep it for ever.
struct Assets: Sendable {
    /// Changes with what they hold.
    static let version = String(
        SHA256.hash(String(decoding: PackageResources.style_css + PackageResources.gatehouse_js, as: UTF8.self)).hex
            .prefix(12))

    func add(to router: RouterGroup<WebContext>) {
        router.get("/assets/style.css") { _, _ in Self.answer(PackageResources.style_css, "text/css; charset=utf-8") }
        router.get("/assets/gatehouse.js") { _, _ in
            Self.answer(PackageResources.gatehouse_js, "text/javascript; charset=utf-8")
        }
    }

    private static func answer(_ bytes: [UInt8], _ media: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: media, .cacheControl: "public, max-age=31536000, immutable"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
