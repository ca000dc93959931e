public import Logging

/// Writes each record of the log as one line.
public struct LineLogHandler: LogHandler {
    /// What is logged; lower levels are dropped.
    public var logLevel: Logger.Level
    /// What every record of this logger carries.
    public var metadata: Logger.Metadata = [:]
    /// What every record carries where it arises.
    public var metadataProvider: Logger.MetadataProvider?

    private let format: LogFormat
    private let sink: LogSink

    /// A handler.
    ///
    /// - Parameters:
    ///   - format: how a record becomes a line.
    ///   - level: what is logged to begin with.
    ///   - sink: takes the lines.
    public init(
        format: LogFormat, level: Logger.Level, sink: LogSink, metadataProvider: Logger.MetadataProvider? = nil
    ) {
        self.format = format
        self.sink = sink
        self.metadataProvider = metadataProvider
        logLevel = level
    }

    /// Has every logger of the process write to standard error from now on. To be called once.
    public static func bootstrap(format: LogFormat, level: Logger.Level) {
        let provider = Logger.MetadataProvider {
            CorrelationScope.id.map { [CorrelationScope.metadataKey: .string($0)] } ?? [:]
        }
        LoggingSystem.bootstrap(
            { _, provider in
                LineLogHandler(format: format, level: level, sink: .standardError, metadataProvider: provider)
            }, metadataProvider: provider)
    }

    /// One of the values that every record carries.
    public subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a record.
    public func log(event: LogEvent) {
        var all = metadataProvider?.get() ?? [:]
        all.merge(metadata) { _, own in own }
        if let given = event.metadata { all.merge(given) { _, given in given } }
        // An error's text may hold what came from outside, so only its type is told.
        if let error = event.error { all["error_type"] = "\(type(of: error))" }
        let record = LogRecord(
            time: LogRecord.now(), level: event.level, message: event.message.description, metadata: all)
        sink.write(format.line(record))
    }
}
