/// What an account can subscribe a URL to.
public enum WebhookEvent: String, Sendable, CaseIterable {
    /// A viewer logged in to an integration.
    case sessionCreated = "session.created"
    /// A viewer must log in again.
    case reauthorizationRequired = "session.reauthorization_required"
    /// Tokens can not be refreshed for now.
    case refreshFailing = "refresh.failing"
    /// An integration, or who may use it, was created, changed or deleted.
    case integrationChanged = "integration.changed"
    /// Asked for by an administrator to see whether deliveries arrive; nobody has to subscribe to it.
    case test = "webhook.test"

    /// What can be subscribed to.
    public static let subscribable = allCases.filter { $0 != .test }
}

extension EventAction {
    /// The webhook event that this makes; nil for what nobody outside is told.
    public var webhook: WebhookEvent? {
        switch self {
        case .sessionCreated: .sessionCreated
        case .reauthorizationRequired: .reauthorizationRequired
        case .refreshFailing: .refreshFailing
        case .integrationCreated, .integrationUpdated, .integrationDeleted, .integrationPermissionsChanged,
            .integrationUnrestricted:
            .integrationChanged
        case .webhookTested: .test
        default: nil
        }
    }
}

/// A URL that is told of events.
public struct WebhookRecord: Sendable, Equatable {
    /// Counts up from 1 in the account; 0 before it is stored.
    public var id: Int64
    /// Which it is.
    public let guid: GUID
    /// Where events go.
    public var url: String
    /// For people; may be empty.
    public var description: String
    /// What it is told of.
    public var events: [WebhookEvent]
    /// Whether it is told now.
    public var isEnabled: Bool
    /// Why the server itself stopped telling it; nil where it did not.
    public var disabledReason: String?
    /// What signs, sealed.
    public var sealedSecret: [UInt8]
    /// What signed before and signs beside the new one for a while, sealed.
    public var sealedOldSecret: [UInt8]?
    /// Until when it does.
    public var oldSecretUntil: Timestamp?
    /// When it was created.
    public let createdAt: Timestamp
    /// When it was last changed.
    public var updatedAt: Timestamp

    /// A webhook with these values.
    public init(
        id: Int64 = 0, guid: GUID, url: String, description: String, events: [WebhookEvent], isEnabled: Bool,
        disabledReason: String? = nil, sealedSecret: [UInt8], sealedOldSecret: [UInt8]? = nil,
        oldSecretUntil: Timestamp? = nil, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.guid = guid
        self.url = url
        self.description = description
        self.events = events
        self.isEnabled = isEnabled
        self.disabledReason = disabledReason
        self.sealedSecret = sealedSecret
        self.sealedOldSecret = sealedOldSecret
        self.oldSecretUntil = oldSecretUntil
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// One event on its way to one webhook.
public struct DeliveryRecord: Sendable, Equatable {
    /// How it stands.
    public enum State: String, Sendable, CaseIterable {
        /// It is its turn, at `nextAttemptAt`.
        case pending
        /// An earlier one of the same session comes first.
        case waiting
        /// The receiver has it.
        case delivered
        /// It was given up.
        case dead
    }

    /// Counts up from 1 in the account; 0 before it is stored.
    public let id: Int64
    /// Which it is; the receiver knows it by this, and sees by it what arrives twice.
    public let guid: GUID
    /// Where it goes.
    public let webhookGUID: GUID
    /// What it tells of.
    public let event: WebhookEvent
    /// Those of one lane arrive in their order.
    public let lane: String
    /// The body, as it is sent at each attempt.
    public let payload: String
    /// How it stands.
    public let state: State
    /// How often it was tried.
    public let attempts: Int64
    /// When it was queued.
    public let createdAt: Timestamp
    /// When it is tried next.
    public let nextAttemptAt: Timestamp?
    /// The HTTP status of the last answer.
    public let lastStatus: Int64?
    /// Why the last attempt failed, in a sentence.
    public let lastError: String?
    /// When it was delivered or given up.
    public let finishedAt: Timestamp?
}

/// What came of an attempt to deliver.
public struct DeliveryAttempt: Sendable {
    /// What follows.
    public enum Verdict: Sendable, Equatable {
        /// The receiver has it.
        case delivered
        /// It is tried again then.
        case again(at: Timestamp)
        /// It is given up.
        case dead
    }

    /// What follows.
    public let verdict: Verdict
    /// When it was made.
    public let at: Timestamp
    /// The HTTP status, where an answer came.
    public let status: Int64?
    /// Why it failed, in a sentence.
    public let error: String?
    /// Why the webhook is told nothing more; nil: it goes on.
    public let disabling: String?

    /// An attempt with these values.
    public init(_ verdict: Verdict, at: Timestamp, status: Int64?, error: String?, disabling: String? = nil) {
        self.verdict = verdict
        self.at = at
        self.status = status
        self.error = error
        self.disabling = disabling
    }
}
