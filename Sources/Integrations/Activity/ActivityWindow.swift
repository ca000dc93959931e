public import Storage

/// How far back one looks, and in what steps.
public enum ActivityWindow: String, Sendable, CaseIterable {
    /// The last 24 hours, by the hour.
    case day
    /// Today and the six days before, in steps of six hours.
    case week
    /// Today and the 29 days before, day by day.
    case month

    /// The length of a step, in seconds.
    public var stepSeconds: Int64 {
        switch self {
        case .day: ActivitySpan.hour.rawValue
        case .week: 6 * ActivitySpan.hour.rawValue
        case .month: ActivitySpan.day.rawValue
        }
    }

    /// What its steps are made of.
    var source: ActivitySpan { self == .month ? .day : .hour }

    /// The beginning of the first step.
    public func start(at now: Timestamp) -> Timestamp {
        switch self {
        case .day: ActivitySpan.hour.start(of: now) - .seconds(23 * ActivitySpan.hour.rawValue)
        case .week: ActivitySpan.day.start(of: now) - .seconds(6 * ActivitySpan.day.rawValue)
        case .month: ActivitySpan.day.start(of: now) - .seconds(29 * ActivitySpan.day.rawValue)
        }
    }

    /// The beginning of the step that a moment is in; six hours divide a day, so all steps begin on the clock.
    func step(of time: Timestamp) -> Timestamp { Timestamp(seconds: time.seconds - time.seconds % stepSeconds) }

    /// The beginnings of all steps, the one that is under way last.
    func steps(at now: Timestamp) -> [Timestamp] {
        stride(from: start(at: now).seconds, through: now.seconds, by: Int(stepSeconds)).map(Timestamp.init(seconds:))
    }
}
