/// The moments between which a crash must leave nothing wrong; tests end the process at each of them.
public enum Step: String, Sendable, CaseIterable {
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
