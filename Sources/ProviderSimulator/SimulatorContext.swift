import HTTPTypes
import Hummingbird
import NIOCore

/// A request with its connection: some faults close it.
struct SimulatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    private let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Closes the connection without an answer; what is returned is never sent.
    func hangUp() async -> Response {
        try? await channel.close()
        return Response(status: .serviceUnavailable)
    }

    /// Whether the caller is on this machine.
    var isLocal: Bool {
        let address = channel.remoteAddress?.ipAddress
        return address == "::1" || address?.hasPrefix("127.") == true
    }
}
