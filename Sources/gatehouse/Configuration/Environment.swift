import Cryptography
import Glibc
import Storage

/// The process's environment, where flags are silent.
enum Environment {
    static func value(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// All of it as it was when the process began: `NAME=value`, in whatever encoding.
    static var entries: [[UInt8]] {
        ((try? Files.read("/proc/self/environ", limit: .max)) ?? []).split(separator: 0).map(Array.init)
    }

    static func secret(_ name: String) -> SecretString? { value(name).map { SecretString($0) } }
}
