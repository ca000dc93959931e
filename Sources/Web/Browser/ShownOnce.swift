import Accounts
import Cryptography
import HTTPTypes
import HummingbirdCore
import Storage

/// What is shown to one person, one time: a new API key, the link of an invite.
///
/// A form that makes such a thing ends with a redirect, as every form does; what it made waits here for the page behind
/// it, in memory alone, for the same session of the same browser. Whoever loads that page again is told that it was shown.
actor ShownOnce {
    static let parameter = "shown"
    /// So long it waits.
    private static let lifetime = Duration.seconds(10 * 60)
    /// So many wait; the oldest go first.
    private static let maximum = 1024

    struct Note: Sendable {
        let secret: SecretString
        /// Whose it is, or what it is called.
        let about: String
    }

    private struct Waiting {
        let note: Note
        let session: Digest
        let endsAt: Timestamp
    }

    private var waiting: [String: Waiting] = [:]
    private var order: [String] = []

    /// Keeps it for the page behind the form.
    ///
    /// - Returns: the number by which that page asks for it; it says nothing by itself.
    func keep(_ secret: SecretString, about: String, for visit: Visit) -> String {
        let number = Base64URL.encode(SecureRandom.bytes(12))
        waiting[number] = Waiting(
            note: Note(secret: secret, about: about), session: visit.identity.session.hash,
            endsAt: visit.now + Self.lifetime)
        order.append(number)
        if order.count > Self.maximum { waiting[order.removeFirst()] = nil }
        return number
    }

    /// Gives it out and forgets it; nil where it was shown already, or is somebody else's.
    func take(for visit: Visit) throws(Refusal) -> Note? {
        // Who asks for the head of a page sees nothing of it.
        guard visit.request.method != .head, let number = try visit.query()[Self.parameter],
            let found = waiting[number], found.session == visit.identity.session.hash
        else { return nil }
        waiting[number] = nil
        order.removeAll { $0 == number }
        return found.endsAt > visit.now ? found.note : nil
    }
}
