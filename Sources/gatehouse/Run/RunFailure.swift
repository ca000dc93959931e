import Glibc

/// Why content was not started, in a sentence, with the exit code that scripts go by.
struct RunFailure: Error, CustomStringConvertible {
    /// The causes, as `sysexits.h` and shells number them.
    enum Code: Int32 {
        /// The command line is wrong.
        case usage = 64
        /// There is no such content.
        case noContent = 66
        /// The server cannot be reached, or cannot answer for now.
        case serverUnavailable = 69
        /// There is nowhere to keep the token.
        case noPlace = 73
        /// What answered is no Gatehouse.
        case notUnderstood = 76
        /// The key is refused.
        case keyRefused = 77
        /// The command cannot be started.
        case notExecutable = 126
        /// The command is not found.
        case notFound = 127
    }

    let code: Code
    let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
