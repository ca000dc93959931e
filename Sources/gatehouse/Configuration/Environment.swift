import Cryptography
import Glibc

/// The process's environment, where flags are silent.
enum Environment {
    static func value(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    static func secret(_ name: String) -> SecretString? { value(name).map { SecretString($0) } }
}
