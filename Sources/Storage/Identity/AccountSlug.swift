/// The name of an account: its folder, and its part of a page's address.
///
/// 2 to 40 of a-z, 0-9 and hyphen, with a letter or digit at both ends, so that it is a plain folder name everywhere.
public struct AccountSlug: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The slug as written.
    public let text: String

    /// What a slug looks like, for messages.
    public static let rule = "2 to 40 characters of a-z, 0-9 and hyphen, with a letter or a digit at both ends"

    /// The same for programs: a regular expression for the whole text.
    public static let pattern = "[a-z0-9][a-z0-9-]{0,38}[a-z0-9]"

    /// Checks the form; nil for anything that is no slug.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (2...40).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "-") else {
            return nil
        }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                continue
            default: return nil
            }
        }
        self.text = text
    }

    /// The slug as written.
    public var description: String { text }

    /// Alphabetical.
    public static func < (lhs: AccountSlug, rhs: AccountSlug) -> Bool { lhs.text < rhs.text }
}
