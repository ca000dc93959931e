import Glibc

/// The key as the system shows it: `/proc` has a process's command line and environment as they lie in its memory, and
/// content, which runs as the same user, can read its parent's.
enum ShownKey {
    private static let variables = ["GATEHOUSE_API_KEY", "CONNECT_API_KEY"]
    private static let option = "--key"

    /// Overwrites it where it stands. What was read of it is not touched, and neither are the content's own words.
    ///
    /// - Parameter words: how many of the last words of the command line are the content's.
    static func hide(words: Int) {
        for name in variables { getenv(name).map { wipe($0) } }
        var isKey = false
        for index in 1..<max(1, Int(CommandLine.argc) - words) {
            guard let word = CommandLine.unsafeArgv[index] else { continue }
            let text = String(cString: word)
            if isKey { wipe(word) }
            if text.hasPrefix(option + "=") { wipe(word + option.utf8.count + 1) }
            isKey = text == option
        }
    }

    private static func wipe(_ text: UnsafeMutablePointer<CChar>) {
        memset(text, Int32(UInt8(ascii: "*")), strlen(text))
    }
}
