import HTTPClient
import Synchronization

/// A transport that answers from a list, and remembers what it was asked.
final class ScriptedTransport: HTTPTransport {
    private let state: Mutex<(answers: [Result<OutboundResponse, OutboundError>], requests: [OutboundRequest])>

    init(_ answers: [Result<OutboundResponse, OutboundError>]) { state = Mutex((answers, [])) }

    convenience init(_ status: Int, headers: [(name: String, value: String)] = [], _ body: String) {
        self.init([.success(OutboundResponse(status: status, headers: headers, body: [UInt8](body.utf8)))])
    }

    var requests: [OutboundRequest] { state.withLock { $0.requests } }

    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        let answer = state.withLock { state -> Result<OutboundResponse, OutboundError> in
            state.requests.append(request)
            let isLast = state.answers.isEmpty
            return isLast
                ? .failure(OutboundError(.noAnswer, authority: "script", detail: "the script has ended"))
                : state.answers.removeFirst()
        }
        return try answer.get()
    }
}
