import Accounts
import Storage

/// Words that several pages have for the same things.
extension Role {
    /// Such as `Publisher`.
    var label: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

    /// What somebody with this role does.
    var explanation: String {
        switch self {
        case .viewer: "Opens content, and logs in to data sources for it."
        case .publisher: "Also adds content, attaches data sources to it, and says who may open it."
        case .administrator: "Also manages data sources, people and this account."
        }
    }

    /// The roles up to this one, as choices of a form.
    var choicesUpTo: [(value: String, label: String, hint: String)] {
        Role.allCases.filter { $0 <= self }.map { ($0.rawValue, $0.label, $0.explanation) }
    }
}

extension RosterFilter.State {
    var label: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

    /// The class of its badge.
    var badge: String {
        switch self {
        case .active: "good"
        case .invited: "warn"
        case .locked: "bad"
        }
    }
}

extension Int {
    /// Such as `1 browser` and `2 browsers`.
    func of(_ one: String, _ many: String) -> String { self == 1 ? "1 \(one)" : "\(self) \(many)" }
}

extension UserRecord {
    /// What a line about somebody shows: the name, how they stand, what they may do.
    var lineValues: [String: PageValue] {
        [
            "guid": .text(guid.description), "name": .text(displayName),
            // Where there is no name the email stands in its place already.
            "email": .text(displayName == email ? "" : email), "role": .text(role.label),
            "state": .text(state.label), "state_class": .text(state.badge),
        ]
    }
}

extension Principal {
    /// What kind it is, for people.
    var kindLabel: String {
        switch self {
        case .user: "Person"
        case .group: "Group"
        }
    }
}

extension NameRecord {
    /// What kind of thing it is, for people.
    var kindLabel: String {
        switch kind {
        case .user: "Person"
        case .group: "Group"
        case .content: "Content"
        case .integration: "Data source"
        }
    }

    /// The end of its page's address.
    var path: String {
        switch kind {
        case .user: "people/\(guid)"
        case .group: "groups/\(guid)"
        case .content: "content/\(guid)"
        case .integration: "integrations/\(guid)"
        }
    }
}
