import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Storage

/// Makes a form that is sent twice be done once: each page that is shown gives its forms a number of their own, and the
/// answer to what was done with it is given again.
///
/// In memory alone: after a restart the second of two is judged like any other request.
actor Submissions {
    static let field = "submission"
    private var done = ShortMemory<Digest, Task<Response, any Error>>(lifetime: .seconds(60 * 60), most: 64)

    /// The number of a page's forms.
    static func makeNumber() -> String { Base64URL.encode(SecureRandom.bytes(12)) }

    /// Does the work, unless the same person has sent the same form to the same address from the same page before.
    ///
    /// What was refused is not remembered: it was not done.
    func once(
        _ form: SentForm, _ visit: Visit, at path: String, _ work: @escaping @Sendable () async throws -> Response
    ) async throws -> Response {
        guard form.has(Self.field) else { return try await work() }
        let key = Self.key(form, visit, path)
        if let known = done.find(key, at: visit.now) { return try await known.value }
        // Not bound to the request: somebody who goes away in the middle does not leave it half done.
        let task = Task { try await work() }
        done.keep(task, key, of: visit.identity.user.guid, at: visit.now)
        do {
            let response = try await task.value
            if response.status.code >= 400 { done.forget(key) }
            return response
        } catch {
            done.forget(key)
            throw error
        }
    }

    private static func key(_ form: SentForm, _ visit: Visit, _ path: String) -> Digest {
        let fields = form.fields.sorted { $0.key < $1.key }.map { "\($0.key.utf8.count) \($0.key)\($0.value)" }
        return SHA256.hash("\(visit.identity.session.hash.hex) \(path) \(fields.joined(separator: " "))")
    }
}
