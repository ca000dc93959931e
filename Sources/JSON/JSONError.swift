internal import CJansson

/// Why a text is no JSON that is accepted here, and where.
///
/// Carries a place and a reason only: the library's own message quotes the text near the fault, and that text may
/// be a token.
public struct JSONError: Error, Sendable, Equatable {
    /// What is wrong with the text.
    public enum Reason: Sendable, Equatable {
        /// Not the grammar of RFC 8259, or something follows the value.
        case syntax
        /// Two members of one object have the same name.
        case duplicateKey
        /// More than `JSON.maximumDepth` arrays and objects inside each other.
        case tooDeep
        /// Not UTF-8, or an escape that names half of a surrogate pair.
        case invalidUTF8
        /// An integer outside `Int64`, or a real outside `Double`.
        case numberOutOfRange
        /// The text ends inside the value, or is empty.
        case endOfInput
        /// A string holds U+0000, which no field here may hold.
        case nulCharacter
    }

    /// The line of the fault, counted from 1; 0 when the place is not known.
    public let line: Int
    /// The character of the line after which the fault was seen; 0 is the line's start.
    public let column: Int
    /// What is wrong.
    public let reason: Reason

    /// An error at a place.
    public init(line: Int, column: Int, reason: Reason) {
        self.line = line
        self.column = column
        self.reason = reason
    }
}

extension JSONError: CustomStringConvertible {
    /// A sentence with line and column; never a part of the text.
    public var description: String {
        line > 0 ? "\(sentence) at line \(line), column \(column)." : "\(sentence)."
    }

    private var sentence: String {
        switch reason {
        case .syntax: "The JSON text has a syntax error"
        case .duplicateKey: "The JSON text has an object with the same name twice"
        case .tooDeep: "The JSON text is nested more than \(JSON.maximumDepth) levels deep"
        case .invalidUTF8: "The JSON text is not valid UTF-8"
        case .numberOutOfRange: "The JSON text has a number that is too large"
        case .endOfInput: "The JSON text ends too early"
        case .nulCharacter: "The JSON text has a string with a NUL character"
        }
    }
}

extension JSONError.Reason {
    init(_ code: json_error_code) {
        self =
            switch code {
            case json_error_duplicate_key: .duplicateKey
            case json_error_stack_overflow: .tooDeep
            case json_error_invalid_utf8: .invalidUTF8
            case json_error_numeric_overflow: .numberOutOfRange
            case json_error_premature_end_of_input: .endOfInput
            case json_error_null_character, json_error_null_byte_in_key: .nulCharacter
            default: .syntax
            }
    }
}
