import CoreMetrics
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import Logging
import Telemetry

/// Counts and times each answer of the router, and has a line for it in the log of level debug.
///
/// The answer itself is left as it is: a body that were wrapped to see its end would cost another write.
enum RequestMeasurements {
    private struct Answer: Hashable {
        let method: String
        let status: Int
    }

    private static let requests = Measurements.Cache<Answer, Counter> {
        Counter(
            label: "gatehouse_http_requests_total", dimensions: [("method", $0.method), ("status", "\($0.status)")])
    }

    private static let seconds = Measurements.Cache<String, CoreMetrics.Timer> {
        Timer(label: "gatehouse_http_request_seconds", dimensions: [("route", $0)])
    }

    /// What both forms of an API address have in common.
    private static let prefix = "/__api__"

    /// Notes an answer. Of the address only the route's pattern is noted: the rest holds codes, states and tickets.
    static func note(_ request: Request, _ response: Response, _ context: WebContext, took duration: Duration) {
        let method = Catalogue.methods.contains(request.method.rawValue) ? request.method.rawValue : "other"
        let pattern = context.endpointPath ?? "none"
        let route = pattern.hasPrefix(prefix + "/") ? String(pattern.dropFirst(prefix.utf8.count)) : pattern
        requests[Answer(method: method, status: response.status.code)].increment()
        seconds[route].record(duration)
        context.logger.debug(
            "a request was answered",
            metadata: [
                "method": "\(method)", "route": "\(route)", "status": .stringConvertible(response.status.code),
                "milliseconds": .stringConvertible((duration / .microseconds(1)).rounded() / 1000),
            ]
        )
    }
}
