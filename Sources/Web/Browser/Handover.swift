import Accounts
import Cryptography
import HTTPTypes
import HummingbirdCore
import Storage

/// What a form, or the answer of a provider, came to, for the page that the browser is sent on to.
///
/// Every form ends with a redirect; what it made waits here for a few minutes, in memory alone, for the same session of
/// the same browser. Whoever comes for it too late is told so by the page.
actor Handover<Value: Sendable> {
    private struct Waiting {
        let value: Value
        let session: Digest
    }

    private let parameter: String
    private var waiting = ShortMemory<String, Waiting>(lifetime: .seconds(10 * 60), most: 16)

    /// - Parameter parameter: of the page's query, by which it is asked for.
    init(_ parameter: String) { self.parameter = parameter }

    /// Keeps it for the next page.
    ///
    /// - Returns: what stands behind that page's `?`. It says nothing by itself.
    func keep(_ value: Value, for visit: Visit) -> String {
        let number = Base64URL.encode(SecureRandom.bytes(12))
        let session = visit.identity.session.hash
        waiting.keep(
            Waiting(value: value, session: session), number, of: visit.identity.user.guid, at: visit.now)
        return "\(parameter)=\(number)"
    }

    /// For a page that can be loaded again; nil where nothing waits for this one.
    func find(for visit: Visit) throws(Refusal) -> Value? { try found(visit)?.value }

    /// For a page that shows it once; nil where it was shown already, or nothing waits for this one.
    func take(for visit: Visit) throws(Refusal) -> Value? {
        // Who asks for the head of a page sees nothing of it.
        guard visit.request.method != .head, let (number, value) = try found(visit) else { return nil }
        waiting.forget(number)
        return value
    }

    private func found(_ visit: Visit) throws(Refusal) -> (number: String, value: Value)? {
        guard let number = try visit.query()[parameter], let found = waiting.find(number, at: visit.now),
            found.session == visit.identity.session.hash
        else { return nil }
        return (number, found.value)
    }
}

/// What is shown to one person, one time: a new API key, the link of an invite.
struct ShownOnce: Sendable {
    static let parameter = "shown"

    let secret: SecretString
    /// Whose it is, or what it is called.
    let about: String
}
