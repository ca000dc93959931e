import ArgumentParser
import Logging
import Telemetry

/// What can be told about metrics and logs: flags, then `GATEHOUSE_*` variables, then defaults.
struct TelemetryOptions: ParsableArguments {
    @Option(
        help:
            "Where to serve /metrics, /healthz and /readyz to operators, HOST:PORT. [GATEHOUSE_METRICS_LISTEN, default off]"
    )
    var metricsListen: String?

    @Option(help: "How records of the log are written: text or json. [GATEHOUSE_LOG_FORMAT, default text]")
    var logFormat: String?

    @Option(
        help:
            "What is logged: trace, debug, info, notice, warning, error or critical. [GATEHOUSE_LOG_LEVEL, default info]"
    )
    var logLevel: String?
}

/// The same, read and checked.
struct TelemetryConfiguration: Sendable {
    /// nil: metrics are off.
    var metrics: ListenAddress?
    let format: LogFormat
    let level: Logger.Level

    /// - Throws: `ConfigurationError` naming the setting.
    init(_ options: TelemetryOptions) throws {
        metrics = try (options.metricsListen ?? Environment.value("GATEHOUSE_METRICS_LISTEN"))
            .map { try ListenAddress($0, "--metrics-listen") }
        format = try Self.choice(
            options.logFormat ?? Environment.value("GATEHOUSE_LOG_FORMAT"), "--log-format", default: .text)
        level = try Self.choice(
            options.logLevel ?? Environment.value("GATEHOUSE_LOG_LEVEL"), "--log-level", default: .info)
    }

    /// Tells whoever started the server: in words, or as a record where machines read all that comes out.
    func announce(_ words: String, _ logger: Logger) {
        switch format {
        // A server goes on without anybody who reads this.
        case .text: try? Answer.line(words)
        case .json: logger.notice("\(words)")
        }
    }

    private static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ text: String?, _ flag: String, default standard: Choice
    ) throws -> Choice {
        guard let text else { return standard }
        guard let choice = Choice(rawValue: text.lowercased()) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigurationError("\(flag) must be one of \(all).")
        }
        return choice
    }
}
