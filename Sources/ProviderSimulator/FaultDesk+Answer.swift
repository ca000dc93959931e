import HTTPTypes
import Hummingbird
import NIOCore

extension FaultDesk {
    /// More than any honest token answer, and more than a careful client reads.
    private static let tooLargeByteCount = 2 * 1024 * 1024

    /// Runs `process`, bent by the fault that is due for this request, if any.
    nonisolated func around(
        _ endpoint: Fault.Endpoint, grant: String? = nil, simulator: Simulator, context: SimulatorContext,
        process: () async throws -> Response
    ) async throws -> Response {
        guard let fault = await take(endpoint, grant: grant) else { return try await process() }
        await simulator.provider.step { $0.counters.count(.faultsApplied) }
        switch fault.kind {
        case .delay:
            try await Task.sleep(for: .milliseconds(fault.milliseconds))
            return try await process()
        case .dropBefore:
            return await context.hangUp()
        case .dropAfter:
            _ = try await process()
            return await context.hangUp()
        case .hang:
            await hold()
            return await context.hangUp()
        case .holdBefore:
            await hold()
            return try await process()
        case .holdAfter:
            let response = try await process()
            await hold()
            return response
        case .status, .rateLimit, .html, .malformedJSON, .tooLarge, .empty, .raw:
            return Self.answer(of: fault, kind: simulator.kind)
        }
    }

    private static func answer(of fault: Fault, kind: Kind) -> Response {
        let status = fault.status.map { HTTPResponse.Status(code: $0) }
        var response: Response
        switch fault.kind {
        case .html:
            response = .html(
                Pages.problem("The service is temporarily unavailable."), status: status ?? .badGateway)
        case .malformedJSON:
            response = .text(#"{"access_token": "abc", "expires_in": 36"#, type: "application/json")
        case .tooLarge:
            let padding = String(repeating: "x", count: tooLargeByteCount)
            response = .text(#"{"access_token":"\#(padding)"}"#, type: "application/json")
        case .raw:
            response = Response(
                status: status ?? .ok, headers: [.contentType: fault.contentType],
                body: .init(byteBuffer: ByteBuffer(bytes: fault.body)))
        case .empty:
            response = .text("", type: "application/json")
        default:
            let fallback: HTTPResponse.Status = fault.kind == .rateLimit ? .tooManyRequests : .serviceUnavailable
            let sentence = "The simulator was told to fail"
            let body =
                fault.endpoint == .api
                ? kind.apiErrorBody(code: fault.error, sentence: sentence)
                : kind.errorBody(code: fault.error, sentence: sentence)
            response = .json(body, status: status ?? fallback)
        }
        if let status { response.status = status }
        if let seconds = fault.retryAfter { response.headers[.retryAfter] = String(seconds) }
        return response
    }
}
