import JSON
public import Storage

extension EventRecord {
    /// What happened as a sentence for people: who, what, and how it went.
    var sentence: String {
        let how =
            switch outcome {
            case .success: ""
            case .refused: " (refused)"
            case .failure: " (failed)"
            }
        return "\(actor.name): \(deed)\(how)."
    }

    /// What was done, in words that follow whoever did it, with the name of what it was done to.
    public var deed: String {
        [action.phrase, called].compactMap { $0 }.joined(separator: " ")
    }

    /// The name of what it was done to; nil where the line has none.
    public var called: String? { details["name"]?.stringValue ?? details["email"]?.stringValue }
}

extension EventAction {
    /// What was done, in a few words that a name may follow.
    public var phrase: String {
        switch self {
        case .accountCreated: "created the account"
        case .accountRenamed: "renamed the account"
        case .userCreated: "added the user"
        case .userUpdated: "changed the user"
        case .userLocked: "locked a user out"
        case .userUnlocked: "let a locked user in again"
        case .userInvited: "invited a user again"
        case .passwordSet: "set a password"
        case .signedIn: "signed in"
        case .signInFailed: "tried to sign in"
        case .signedOut: "signed out"
        case .keyCreated: "created the API key"
        case .keyDeleted: "deleted an API key"
        case .identityLinked: "connected a user with the identity provider:"
        case .identityUnlinked: "disconnected a user from the identity provider:"
        case .singleSignOnChanged: "changed single sign-on"
        case .singleSignOnTested: "tested single sign-on"
        case .singleSignOnRefused: "tried to sign in with single sign-on"
        case .breakGlassChanged: "changed who may use a password while passwords are off:"
        case .groupCreated: "created the group"
        case .groupUpdated: "changed the group"
        case .groupDeleted: "deleted the group"
        case .memberAdded: "added a member to the group"
        case .memberRemoved: "took a member out of the group"
        case .contentCreated: "created the content"
        case .contentUpdated: "changed the content"
        case .contentDeleted: "deleted the content"
        case .permissionSet: "shared a content"
        case .permissionRemoved: "ended the sharing of a content"
        case .associationsChanged: "changed what a content uses"
        case .contentOpened: "opened a content"
        case .runtimeRead: "read what a content runs with"
        case .environmentChanged: "changed the variables of a content"
        case .bundleUploaded: "uploaded a bundle"
        case .bundleDeleted: "deleted a bundle"
        case .contentDeployed: "deployed a content"
        case .workbenchSessionCreated: "opened a Workbench session"
        case .workbenchSessionEnded: "ended a Workbench session"
        case .integrationCreated: "created the integration"
        case .integrationUpdated: "changed the integration"
        case .integrationDeleted: "deleted the integration"
        case .integrationPermissionsChanged: "changed who may use an integration"
        case .integrationUnrestricted: "let every publisher use an integration that only some could use"
        case .integrationVerified: "verified an integration"
        case .loginFailed: "could not log in to an integration"
        case .sessionCreated: "logged in to an integration"
        case .sessionRefreshed: "refreshed the tokens of a session"
        case .sessionEnded: "ended a session with an integration"
        case .sessionRevoked: "revoked the tokens of a session at the provider"
        case .reauthorizationRequired: "found that a viewer must log in again"
        case .refreshFailing: "could not refresh the tokens of a session"
        case .credentialsIssued: "got credentials"
        case .credentialsRefused: "asked for credentials"
        case .signingKeyRotated: "let the next key sign the account's OpenID tokens"
        case .auditExported: "exported the audit"
        case .auditLinesMissing: "could not keep all lines while the account file could not be written"
        case .auditPruned: "removed lines of the audit that are older than they are kept"
        case .auditRetentionChanged: "changed for how long the audit is kept"
        case .webhookCreated: "created a webhook"
        case .webhookUpdated: "changed a webhook"
        case .webhookDeleted: "deleted a webhook"
        case .webhookSecretRotated: "gave a webhook a new secret"
        case .webhookTested: "tested a webhook"
        case .webhookDisabled: "disabled a webhook whose receiver is gone"
        case .webhookGivenUp: "gave up the delivery of an event to a webhook"
        }
    }
}
