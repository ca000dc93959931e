/// The members of a JSON object, in the order in which they were written.
///
/// A handful of members is searched in line, which is fast and light. Above `indexThreshold` a dictionary (whose
/// hashing is seeded per process) finds them, so a hostile body with 100,000 members costs no more per look-up.
public struct JSONObject: Sendable {
    struct Member: Sendable {
        let key: String
        var value: JSON
    }

    /// Up to this many members a search in line beats hashing.
    static let indexThreshold = 16

    var members: [Member] = []
    private var index: [String: Int]?

    /// An object without members.
    public init() {}

    /// An object with these members in this order; of two members with one name the last value stays.
    public init(_ members: some Sequence<(String, JSON)>) {
        reserveCapacity(members.underestimatedCount)
        for (key, value) in members {
            self[key] = value
        }
    }

    /// The number of members.
    public var count: Int { members.count }

    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }

    /// The names of the members in order.
    public var keys: [String] { members.map(\.key) }

    /// The value of a member. Setting keeps a member's place or appends it; setting nil removes it, which takes
    /// time in proportion to the number of members.
    ///
    /// Names are compared as Swift compares strings, by canonical equivalence; `JSON.parse` refuses an object in
    /// which two names are equivalent.
    public subscript(_ key: String) -> JSON? {
        get {
            position(of: key).map { members[$0].value }
        }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let position = position(of: key) {
                members[position].value = newValue
            } else {
                append(key, newValue)
            }
        }
    }

    /// Removes a member and returns what it was; nil when there was none.
    @discardableResult
    public mutating func removeValue(forKey key: String) -> JSON? {
        guard let position = position(of: key) else { return nil }
        let removed = members.remove(at: position)
        rebuildIndex()
        return removed.value
    }

    /// Sets every member of another object in this one.
    public mutating func merge(_ other: JSONObject) {
        for member in other.members {
            self[member.key] = member.value
        }
    }

    /// This object with every member of another one set.
    public func merging(_ other: JSONObject) -> JSONObject {
        var merged = self
        merged.merge(other)
        return merged
    }

    /// Makes room for that many members at once.
    public mutating func reserveCapacity(_ count: Int) {
        members.reserveCapacity(count)
    }

    /// Appends a member unless its name is there already; says whether it did.
    mutating func appendIfNew(_ key: String, _ value: JSON) -> Bool {
        guard position(of: key) == nil else { return false }
        append(key, value)
        return true
    }

    private mutating func append(_ key: String, _ value: JSON) {
        members.append(Member(key: key, value: value))
        if index != nil {
            index?[key] = members.count - 1
        } else if members.count > Self.indexThreshold {
            rebuildIndex()
        }
    }

    private func position(of key: String) -> Int? {
        if let index {
            index[key]
        } else {
            members.firstIndex { $0.key == key }
        }
    }

    private mutating func rebuildIndex() {
        guard members.count > Self.indexThreshold else {
            index = nil
            return
        }
        var index: [String: Int] = [:]
        index.reserveCapacity(members.count)
        for (position, member) in members.enumerated() {
            index[member.key] = position
        }
        self.index = index
    }
}

extension JSONObject: Equatable {
    /// Same names, same values; the order says nothing (RFC 8259, section 4).
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Members in this order; of two members with one name the last stays.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self.init(elements)
    }
}

extension JSONObject: Sequence {
    /// Walks the members in order.
    public struct Iterator: IteratorProtocol, Sendable {
        private var position = 0
        private let members: [Member]

        init(_ members: [Member]) {
            self.members = members
        }

        /// The next member.
        public mutating func next() -> (key: String, value: JSON)? {
            guard position < members.count else { return nil }
            defer { position += 1 }
            return (members[position].key, members[position].value)
        }
    }

    /// Walks the members in order.
    public func makeIterator() -> Iterator {
        Iterator(members)
    }

    /// The number of members, which is exact.
    public var underestimatedCount: Int { members.count }
}
