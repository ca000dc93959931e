import Glibc
import JSON

/// A command's answer on standard output: JSON for machines, lines for people.
enum Answer {
    /// - Throws: `CommandFailure` where nobody takes it.
    static func write(_ json: JSON, as options: AnswerOptions, plain: (JSON) -> String) throws(CommandFailure) {
        try line(options.json ? json.text() : plain(json))
    }

    /// One line, at once: whoever waits for it must not wait for a buffer to fill.
    ///
    /// - Throws: `CommandFailure` where nobody takes it.
    static func line(_ text: String) throws(CommandFailure) { try raw(text + "\n") }

    /// Text as it is.
    ///
    /// - Throws: `CommandFailure` where nobody takes it, such as a full disk.
    static func raw(_ text: String) throws(CommandFailure) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else {
                throw CommandFailure(
                    "it was done, but the answer could not be written: \(String(cString: strerror(errno)))", .notWritten
                )
            }
            written += count
        }
    }
}

extension JSON {
    /// The text of a member, for people.
    func words(_ name: String) -> String {
        switch self[name] {
        case .string(let text): text
        case .integer(let number): String(number)
        case .bool(let flag): flag ? "yes" : "no"
        default: ""
        }
    }
}
