public import Accounts
public import Cryptography
public import Storage

/// Content lives on an origin of its own, so that publishers' JavaScript cannot reach the pages. A one-time ticket carries
/// the sign-in over. It works only in the browser that asked for it, which proves itself by a nonce in a cookie: nobody can
/// be signed in as somebody else by a link.
extension Gateway {
    private static let nonceBytes = 32

    /// A nonce for a browser that must sign in, and the hash of it that its way to the sign-in carries.
    ///
    /// - Parameter present: what the browser's cookie holds. A nonce is used again, so that the tickets of several tabs, which
    ///   share the cookie, all work.
    public static func nonce(_ present: SecretString?) -> (secret: SecretString, binding: String) {
        let isNonce = present.flatMap { Base64URL.decode($0.reveal()) }?.count == nonceBytes
        let made = SecretString(Base64URL.encode(SecureRandom.bytes(nonceBytes)))
        let secret = isNonce ? present ?? made : made
        return (secret, SHA256.hash(secret.reveal()).hex)
    }

    /// A ticket for somebody who is signed in at the pages.
    ///
    /// - Parameter binding: the hash of the nonce of the browser that asked.
    public func issueTicket(
        for identity: BrowserIdentity, content guid: GUID, binding: String
    ) async throws(Refusal) -> SecretString {
        guard let binding = Digest(hex: binding) else {
            throw .invalid("binding", "This link is not complete: open the content again.")
        }
        let content = try await attempt { () throws(StoreError) in try await account.store.content(guid) }
        guard content != nil else { throw .notFound("content") }
        let secret = SecretString(Base64URL.encode(SecureRandom.bytes(32)))
        let now = clock.now
        let ticket = TicketRecord(
            hash: SHA256.hash(secret.reveal()), binding: binding, sessionHash: identity.session.hash,
            userGUID: identity.user.guid, contentGUID: guid, expiresAt: now + Self.ticketLifetime
        )
        try await attempt { () throws(StoreError) in try await account.store.addTicket(ticket, at: now) }
        return secret
    }

    /// Turns a ticket into a session at the content; nil where it is not valid (any more) or another browser's.
    ///
    /// - Returns: what the content's cookie holds, and when it stops working.
    public func redeem(
        _ ticket: SecretString, nonce: SecretString, content guid: GUID, from origin: Origin
    ) async throws(Refusal) -> (secret: SecretString, expiresAt: Timestamp)? {
        let now = clock.now
        let found = try await attempt { () throws(StoreError) in
            try await account.store.consumeTicket(hash: SHA256.hash(ticket.reveal()), at: now)
        }
        guard let found, found.contentGUID == guid,
            constantTimeEquals(found.binding, SHA256.hash(nonce.reveal()))
        else { return nil }
        let parent = try await attempt { () throws(StoreError) in
            try await account.store.browserSession(hash: found.sessionHash, at: now)
        }
        guard let parent, !parent.user.isLocked else { return nil }
        let secret = SecretString(Base64URL.encode(SecureRandom.bytes(32)))
        let session = BrowserSessionRecord(
            hash: SHA256.hash(secret.reveal()), userGUID: found.userGUID, contentGUID: guid,
            parentHash: found.sessionHash,
            expiresAt: parent.session.expiresAt
        )
        let event = Caller(user: parent.user, origin: origin).note(
            .contentOpened, at: now, subject: parent.user.guid, content: guid
        ).on(.browserSession(found.sessionHash))
        do throws(StoreError) {
            try await account.store.openBrowserSession(session, at: now, noting: event)
        } catch {
            // Signed out, or locked, since the ticket was looked at.
            if case .lapsed = error.code { return nil }
            throw Refusal(error)
        }
        return (secret, session.expiresAt)
    }
}
