public import Cryptography

/// Something that was judged before a slow step and must still be true when its result is written or handed out.
///
/// A password's hash, a provider's answer, an upload or a body that arrives slowly leave time for a lock, another
/// password or a lost right. So the event of a change carries its premises, and the transaction that makes the change
/// reads them again first.
public enum Premise: Sendable, Equatable {
    /// The user is there, is not locked, and has at least this role.
    case active(GUID, atLeast: Role)
    /// The API key is there and has not expired.
    case key(Int64)
    /// The browser session is there and has not expired.
    case browserSession(Digest)
    /// The Workbench session with that cookie is there and has not expired.
    case workbenchSession(Digest)
    /// The user may change the content, with no more than this role.
    case editor(of: GUID, user: GUID, role: Role)
    /// The user owns the content.
    case owner(of: GUID, user: GUID)
    /// The content does not list the user or group as a co-owner.
    case noOwner(Principal, of: GUID)
    /// The user may attach each of the integrations that the content does not use yet, with no more than this role.
    case mayAttach([GUID], to: GUID, user: GUID, role: Role)
    /// The user may change the group and who is in it, with no more than this role.
    case groupOwner(of: GUID, user: GUID, role: Role)
    /// The user can be given content and groups: they are a publisher and not locked.
    case mayOwn(GUID)
    /// A password of the user counts: passwords are on, or the user is named for emergencies.
    case passwordCounts(of: GUID)
    /// The user's password has this hash.
    case passwordHash(of: GUID, String)
    /// The user's email, role and password are as they were.
    case unchanged(UserRecord)
    /// The settings of single sign-on that are in force have this version.
    case singleSignOn(version: Int64)
    /// The user is connected with that person at the identity provider.
    case identity(issuer: String, subject: String, of: GUID)
    /// The user has this session with a provider.
    case oauthSession(GUID, of: GUID)
}

/// Why a premise does not hold any more.
public enum Lapse: Sendable, Equatable {
    /// The user was locked.
    case locked
    /// The API key or the session has ended.
    case credential
    /// The user lost a role, or the right to change a content.
    case right
    /// The user who was to be the owner cannot be one.
    case newOwner
    /// The password was changed, or does not count any more.
    case password
    /// Single sign-on was changed, or the user was disconnected.
    case singleSignOn
    /// What it is about was removed.
    case gone
    /// What it is about was changed.
    case changed
}
