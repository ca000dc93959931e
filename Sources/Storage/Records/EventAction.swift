/// What can happen in an account, in the words of its audit.
public enum EventAction: String, Sendable, CaseIterable {
    // The account
    case accountCreated = "account.created"
    case accountRenamed = "account.renamed"

    // People
    case userCreated = "user.created"
    case userUpdated = "user.updated"
    case userLocked = "user.locked"
    case userUnlocked = "user.unlocked"
    case userInvited = "user.invited"
    case passwordSet = "user.password_set"
    case signedIn = "user.signed_in"
    case signInFailed = "user.sign_in_failed"
    case signedOut = "user.signed_out"
    case keyCreated = "api_key.created"
    case keyDeleted = "api_key.deleted"

    // Sign-in at the identity provider
    case identityLinked = "user.identity_linked"
    case identityUnlinked = "user.identity_unlinked"
    case singleSignOnChanged = "single_sign_on.changed"
    case singleSignOnTested = "single_sign_on.tested"
    case singleSignOnRefused = "single_sign_on.refused"
    case breakGlassChanged = "single_sign_on.break_glass_changed"

    // Groups
    case groupCreated = "group.created"
    case groupUpdated = "group.updated"
    case groupDeleted = "group.deleted"
    case memberAdded = "group.member_added"
    case memberRemoved = "group.member_removed"

    // Content
    case contentCreated = "content.created"
    case contentUpdated = "content.updated"
    case contentDeleted = "content.deleted"
    case permissionSet = "content.permission_set"
    case permissionRemoved = "content.permission_removed"
    case associationsChanged = "content.associations_changed"
    case contentOpened = "content.opened"
    case runtimeRead = "content.runtime_read"

    // Deployments
    case environmentChanged = "content.environment_changed"
    case bundleUploaded = "bundle.uploaded"
    case bundleDeleted = "bundle.deleted"
    case contentDeployed = "content.deployed"

    // Integrations
    case integrationCreated = "integration.created"
    case integrationUpdated = "integration.updated"
    case integrationDeleted = "integration.deleted"
    case integrationPermissionsChanged = "integration.permissions_changed"
    /// What only some could attach, every publisher can from now on.
    case integrationUnrestricted = "integration.unrestricted"
    case integrationVerified = "integration.verified"

    // OAuth sessions and credentials
    case loginFailed = "session.login_failed"
    case sessionCreated = "session.created"
    case sessionRefreshed = "session.refreshed"
    case sessionEnded = "session.ended"
    case reauthorizationRequired = "session.reauthorization_required"
    case refreshFailing = "refresh.failing"
    case credentialsIssued = "credentials.issued"
    case credentialsRefused = "credentials.refused"
    case signingKeyRotated = "signing_key.rotated"

    // Workbench
    case workbenchSessionCreated = "workbench.session_created"
    case workbenchSessionEnded = "workbench.session_ended"

    // The audit itself, webhooks, revocation at the providers
    case auditExported = "audit.exported"
    case auditPruned = "audit.pruned"
    case auditLinesMissing = "audit.lines_missing"
    case auditRetentionChanged = "audit.retention_changed"
    case webhookCreated = "webhook.created"
    case webhookUpdated = "webhook.updated"
    case webhookDeleted = "webhook.deleted"
    case webhookSecretRotated = "webhook.secret_rotated"
    case webhookTested = "webhook.tested"
    case webhookDisabled = "webhook.disabled"
    case webhookGivenUp = "webhook.delivery_given_up"
    case sessionRevoked = "session.revoked"
}
