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

    struct Note: Sendable {
        let secret: SecretString
        /// Whose it is, or what it is called.
        let about: String
    }

    private struct Waiting {
        let note: Note
        let session: Digest
    }

    private var waiting = ShortMemory<String, Waiting>(lifetime: .seconds(10 * 60), most: 16)

    /// Keeps it for the page behind the form.
    ///
    /// - Returns: the number by which that page asks for it; it says nothing by itself.
    func keep(_ secret: SecretString, about: String, for visit: Visit) -> String {
        let number = Base64URL.encode(SecureRandom.bytes(12))
        let note = Waiting(note: Note(secret: secret, about: about), session: visit.identity.session.hash)
        waiting.keep(note, number, of: visit.identity.user.guid, at: visit.now)
        return number
    }

    /// Gives it out and forgets it; nil where it was shown already, or is somebody else's.
    func take(for visit: Visit) throws(Refusal) -> Note? {
        // Who asks for the head of a page sees nothing of it.
        guard visit.request.method != .head, let number = try visit.query()[Self.parameter],
            let found = waiting.find(number, at: visit.now), found.session == visit.identity.session.hash
        else { return nil }
        waiting.forget(number)
        return found.note
    }
}
