import Hummingbird
import HummingbirdCore
import NIOCore
import HTTPTypes
import Integrations
import JSON

/// `GET /openapi.json`: made once, answered from memory.
struct OpenAPIRoutes {
    private let document: ByteBuffer

    init(address: PublicAddress) {
        document = ByteBuffer(bytes: OpenAPIDocument.make(address: address).serialized())
    }

    func add(to router: RouterGroup<WebContext>) {
        router.get(RouterPath(OpenAPIDocument.path)) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "public, max-age=300"],
                body: .init(byteBuffer: document)
            )
        }
    }
}
