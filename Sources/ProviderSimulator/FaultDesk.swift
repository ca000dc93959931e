import JSON

/// The faults that are due, and the requests that are held. Holding lets a test act at an exact moment, between a
/// provider's change and its answer, without sleeping.
actor FaultDesk {
    private var faults: [Fault] = []
    private var held: [CheckedContinuation<Void, Never>] = []
    private var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

    func add(_ fault: Fault) {
        faults.append(fault)
    }

    /// Forgets all faults and lets go what is held.
    func clear() {
        faults = []
        release()
    }

    var heldCount: Int { held.count }

    var pending: [JSON] { faults.map(\.json) }

    /// The first fault that fits, counted down by one.
    func take(_ endpoint: Fault.Endpoint, grant: String?) -> Fault? {
        guard let index = faults.firstIndex(where: { $0.applies(to: endpoint, grant: grant) }) else { return nil }
        let fault = faults[index]
        faults[index].times -= 1
        if faults[index].times == 0 { faults.remove(at: index) }
        return fault
    }

    /// Waits for ``release()``.
    func hold() async {
        await withCheckedContinuation { continuation in
            held.append(continuation)
            let reached = watchers.filter { $0.count <= held.count }
            watchers.removeAll { $0.count <= held.count }
            for watcher in reached { watcher.continuation.resume() }
        }
    }

    /// Lets all held requests go on; how many that were.
    @discardableResult
    func release() -> Int {
        let released = held
        held = []
        for continuation in released { continuation.resume() }
        return released.count
    }

    /// Returns when at least `count` requests are held.
    func waitUntilHeld(_ count: Int) async {
        guard held.count < count else { return }
        await withCheckedContinuation { watchers.append((count, $0)) }
    }
}
