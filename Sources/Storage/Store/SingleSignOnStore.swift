public import Cryptography

/// Sign-in at the company's identity provider.
public protocol SingleSignOnStore: Sendable {
    /// What is configured; nil where nothing ever was.
    func singleSignOn() async throws(StoreError) -> SingleSignOnRecord?
    /// Replaces what is configured; `stale` where another writer was first, `lastBreakGlass` where passwords would be off and
    /// nobody left who can use one all the same.
    func saveSingleSignOn(_ record: SingleSignOnRecord, noting event: EventRecord?) async throws(StoreError)
    /// Whether passwords are refused, but for those who are named for emergencies.
    func arePasswordsOff() async throws(StoreError) -> Bool
    /// Whether a user may sign in with a password.
    func mayUsePassword(_ user: GUID) async throws(StoreError) -> Bool
    /// Who may use a password while passwords are off, oldest first.
    func breakGlassUsers() async throws(StoreError) -> [UserRecord]
    /// Names somebody for emergencies, or not any more; `lastBreakGlass` where passwords are off and nobody would be left.
    func setBreakGlass(_ isNamed: Bool, user: GUID, noting event: EventRecord?) async throws(StoreError)

    /// Keeps a flow and drops the expired ones, and the oldest where there are too many.
    func beginSignInFlow(_ flow: SignInFlowRecord, at now: Timestamp) async throws(StoreError)
    /// Deletes and returns the flow in one statement; nil where there is none, or no longer.
    func consumeSignInFlow(stateHash: Digest, at now: Timestamp) async throws(StoreError) -> SignInFlowRecord?

    /// Who somebody at an issuer is here.
    func user(issuer: String, subject: String) async throws(StoreError) -> UserRecord?
    /// Who a user is at an issuer.
    func identity(of user: GUID, issuer: String) async throws(StoreError) -> UserIdentityRecord?
    /// Who is connected with an issuer, oldest first.
    func connectedUsers(issuer: String, _ page: PageRequest) async throws(StoreError) -> RecordPage<ConnectedUser>
    /// Connects somebody at an issuer with a user, who is added where they are new; `conflict` where either has another already.
    func addIdentity(_ identity: UserIdentityRecord, adding user: UserRecord?, noting events: [EventRecord])
        async throws(StoreError)
    /// Takes a connection away; false where there is none.
    func removeIdentity(of user: GUID, issuer: String, noting event: EventRecord?) async throws(StoreError) -> Bool

    /// The groups that a user is in directly.
    func directGroups(of user: GUID) async throws(StoreError) -> Set<GUID>

    /// Keeps what came of an administrator's test, in the place of the one before.
    func keepSignInTest(_ test: SignInTestRecord, noting event: EventRecord?) async throws(StoreError)
    /// The last test of an administrator.
    func signInTest(of user: GUID) async throws(StoreError) -> SignInTestRecord?
}
