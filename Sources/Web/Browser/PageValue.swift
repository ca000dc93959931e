import Mustache
import Storage

/// What a template can show.
enum PageValue: Sendable {
    /// Text; where it is empty, a section of it is not shown.
    case text(String)
    case flag(Bool)
    case list([[String: PageValue]])
    /// Values that belong together: a section of it is shown once.
    case object([String: PageValue])

    /// A moment: `{{#since}}{{> time}}{{/since}}`. Scripts turn it into the reader's own zone.
    static func time(_ time: Timestamp?) -> PageValue {
        guard let time else { return .flag(false) }
        return .object(["iso": .text(time.description), "words": .text(time.words)])
    }

    /// A day of UTC, for who counts by days: a moment would be read in the reader's own zone, as the day before or after.
    static func day(_ time: Timestamp?) -> PageValue {
        guard let time else { return .flag(false) }
        return .object([
            "iso": .text(String(time.description.prefix { $0 != "T" })),
            "words": .text(String(time.words.prefix { $0 != "," })),
        ])
    }

    static func number(_ number: Int) -> PageValue { .text(String(number)) }

    /// Mustache takes values of any type; only plain ones are given to it.
    var forMustache: any Sendable {
        switch self {
        case .text(let text): Text(renderText: text)
        case .flag(let flag): flag
        case .list(let rows): rows.map(Values.init)
        case .object(let values): Values(values: values)
        }
    }

    /// Mustache takes an empty text for something that is there; in our templates it is not.
    private struct Text: MustacheCustomRenderable, MustacheParent {
        let renderText: String
        var isNull: Bool { renderText.isEmpty }
        // Nothing is in a text: a name that is asked for is looked for around it, and no mirror is held to it.
        func child(named: String) -> Any? { nil }
    }

    /// Values by name.
    struct Values: MustacheParent, Sendable {
        let values: [String: PageValue]
        func child(named: String) -> Any? { values[named]?.forMustache }
    }
}

extension Timestamp {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Such as `21 Nov 2026, 14:38 UTC`.
    var words: String {
        let text = Substring(description).utf8
        func part(_ range: Range<Int>) -> Substring { Substring(text.dropFirst(range.lowerBound).prefix(range.count)) }
        guard text.count == 20, let month = Int(part(5..<7)), (1...12).contains(month), let day = Int(part(8..<10))
        else {
            return description
        }
        return "\(day) \(Self.months[month - 1]) \(part(0..<4)), \(part(11..<16)) UTC"
    }
}
