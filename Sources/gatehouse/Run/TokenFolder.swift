import Cryptography
import Glibc
import Storage

/// A fresh folder of this process's own, with the content session token in it: what the content reads, and nobody else.
struct TokenFolder: Sendable {
    private static let name = "gatehouse-run-XXXXXX"

    let path: String

    /// The file that content is pointed to.
    var tokenPath: String { "\(path)/content-session-token" }

    /// Makes the folder, 0700, in memory where the system offers that.
    init() throws(RunFailure) {
        let places = ["XDG_RUNTIME_DIR", "TMPDIR"].compactMap(Environment.value) + ["/tmp"]
        for place in places {
            var template = Array("\(place)/\(Self.name)".utf8CString)
            guard mkdtemp(&template) != nil else { continue }
            path = template.withUnsafeBufferPointer {
                String(decoding: $0.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
            return
        }
        throw RunFailure(
            .noPlace,
            "There is nowhere to keep the content session token: \(places.joined(separator: ", ")) cannot be written.")
    }

    /// Puts a token in the place of the one before, in one step: whoever reads finds the one or the other, whole.
    func write(_ token: SecretString) throws(RunFailure) {
        do { try Files.replace(tokenPath, with: Array(token.reveal().utf8)) } catch {
            throw RunFailure(.noPlace, "The content session token cannot be written: \(error.description).")
        }
    }

    /// Takes all of it away.
    func remove() { try? Files.removeFolder(path) }
}
