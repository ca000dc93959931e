/// Every metric there is, as data. What is not in the catalogue cannot be measured.
public struct Catalogue: Sendable {
    let metrics: [String: Metric]
    /// In alphabetical order.
    let names: [String]

    /// A catalogue of these; of two with one name the first stays.
    public init(_ metrics: [Metric]) {
        self.metrics = Dictionary(metrics.map { ($0.name, $0) }) { first, _ in first }
        names = self.metrics.keys.sorted()
    }

    /// From a tenth of a millisecond, which memory takes, to half a minute, which no provider is given.
    private static let seconds = Metric.Kind.histogram(
        bounds: [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30])

    private static let template = Metric.Label("template", .word)

    /// The metrics of Gatehouse.
    public static let gatehouse = Catalogue([
        Metric(
            "gatehouse_exchanges_total", .counter,
            "Token exchanges by outcome: granted, remembered (granted from memory), or code_N of the refusal.",
            labels: [.init("outcome", .word)]),
        Metric(
            "gatehouse_refreshes_total", .counter,
            "Refreshes of access tokens by what became of them.",
            labels: [
                template,
                .init("outcome", .oneOf(["granted", "rejected", "misconfigured", "unavailable", "held_back"])),
            ]),
        Metric(
            "gatehouse_service_tokens_total", .counter,
            "Tokens of service accounts and credentials of roles by what the provider said.",
            labels: [template, .init("outcome", .oneOf(["granted", "misconfigured", "unavailable", "held_back"]))]),
        Metric(
            "gatehouse_logins_total", .counter,
            "Logins of viewers to providers, counted when the browser comes back.",
            labels: [
                template, .init("outcome", .oneOf(["granted", "declined", "refused", "unavailable", "failed"])),
            ]),
        Metric(
            "gatehouse_provider_request_seconds", seconds,
            "How long providers took to answer.",
            labels: [template, .init("operation", .word)]),
        Metric(
            "gatehouse_sign_ins_total", .counter,
            "Attempts to sign in with email and password.",
            labels: [.init("outcome", .oneOf(["signed_in", "rejected", "limited", "failed"]))]),
        Metric(
            "gatehouse_gateway_answers_total", .counter,
            "Answers to the reverse proxy that stands before content.",
            labels: [
                .init(
                    "answer",
                    .oneOf(["allowed", "sign_in", "log_in", "forbidden", "unknown", "no_upstream", "failed"]))
            ]),
        Metric(
            "gatehouse_http_requests_total", .counter,
            "Requests that the router answered; exchanges answered from memory are in gatehouse_exchanges_total alone.",
            labels: [.init("method", .oneOf(methods)), .init("status", .status)]),
        Metric(
            "gatehouse_http_request_seconds", seconds,
            "How long the router took to answer, by the pattern of the route.",
            labels: [.init("route", .route)]),
        Metric("gatehouse_accounts", .gauge, "Accounts there are."),
        Metric("gatehouse_accounts_open", .gauge, "Accounts whose database is open."),
        Metric(
            "gatehouse_queue_depth", .gauge,
            "What waits to be done in the background.",
            labels: [.init("queue", .oneOf(["webhooks", "revocations"]))]),
        Metric(
            "gatehouse_pool_places", .gauge,
            "Places of the shared resources, over all accounts.",
            labels: [.init("pool", .oneOf(pools)), .init("state", .oneOf(["held", "free"]))]),
        Metric(
            "gatehouse_pool_waiting", .gauge,
            "Pieces of work that wait for a place at a shared resource, over all accounts.",
            labels: [.init("pool", .oneOf(pools))]),
        Metric(
            refusedName, .counter,
            "Measurements that are not in the catalogue and were dropped; anything but 0 is a fault of this program."),
        Metric("process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds."),
        Metric("process_resident_memory_bytes", .gauge, "Resident memory size in bytes."),
        Metric("process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes."),
        Metric("process_open_fds", .gauge, "Number of open file descriptors."),
        Metric("process_max_fds", .gauge, "Maximum number of open file descriptors."),
        Metric(
            "process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds."),
    ])

    private static let pools: Set<String> = [
        "outbound", "resolvers", "passwords", "uploads", "inspection", "parsing", "provider_answers", "large_answers",
    ]

    static let refusedName = "gatehouse_metrics_refused_total"

    /// The methods that have a label of their own; every other one is `other`.
    public static let methods: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other",
    ]
}
