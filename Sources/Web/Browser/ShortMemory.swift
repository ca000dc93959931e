import Storage

/// Remembers for a while, in memory alone, so much of each person: nobody's many push out somebody else's few.
struct ShortMemory<Key: Hashable, Value> {
    private struct Entry {
        let value: Value
        let person: GUID
        let endsAt: Timestamp
    }

    private let lifetime: Duration
    private let most: Int
    private var entries: [Key: Entry] = [:]
    /// The keys of each person, oldest first.
    private var keys: [GUID: [Key]] = [:]
    private var nextSweep = Timestamp(seconds: 0)

    /// - Parameters:
    ///   - lifetime: how long something is remembered.
    ///   - most: how much of one person; the oldest goes first.
    init(lifetime: Duration, most: Int) {
        self.lifetime = lifetime
        self.most = most
    }

    /// What is remembered at a moment.
    func find(_ key: Key, at now: Timestamp) -> Value? {
        guard let entry = entries[key], now < entry.endsAt else { return nil }
        return entry.value
    }

    /// Remembers something of a person.
    mutating func keep(_ value: Value, _ key: Key, of person: GUID, at now: Timestamp) {
        sweep(now)
        forget(key)
        entries[key] = Entry(value: value, person: person, endsAt: now + lifetime)
        keys[person, default: []].append(key)
        if let own = keys[person], own.count > most { forget(own[0]) }
    }

    /// Forgets it, where it is there.
    mutating func forget(_ key: Key) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        let left = keys[entry.person, default: []].filter { $0 != key }
        keys[entry.person] = left.isEmpty ? nil : left
    }

    /// Forgets what has ended; seldom, for it looks at everything.
    private mutating func sweep(_ now: Timestamp) {
        guard now >= nextSweep else { return }
        nextSweep = now + .seconds(60)
        for (key, entry) in entries where now >= entry.endsAt { forget(key) }
    }
}
