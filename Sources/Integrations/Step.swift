/// The moments between which a crash must leave nothing wrong; tests end the process at each of them.
public enum Step: String, Sendable, CaseIterable {
    case passwordHashed = "password.hashed"
    case changeBegins = "change.begins"
    case loginFlowStored = "login.flow-stored"
    case loginFlowConsumed = "login.flow-consumed"
    case loginCodeAnswered = "login.code-answered"
    case loginSessionStored = "login.session-stored"
    case refreshMarkerStored = "refresh.marker-stored"
    case refreshAnswered = "refresh.answered"
    case refreshStored = "refresh.stored"
    case bundleArrived = "bundle.arrived"
    case bundlePlaced = "bundle.placed"
    case bundleStored = "bundle.stored"
}

/// Told when a step was reached; does nothing but in debug builds.
public typealias StepObserver = @Sendable (Step) -> Void

/// Waits at a step for as long as a test holds it; does nothing but in debug builds.
public typealias StepGate = @Sendable (Step) async -> Void
