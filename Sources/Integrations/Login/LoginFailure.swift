/// Why a login came to nothing, as far as that tells who can do something about it.
enum LoginFailure: String, Sendable {
    /// It came back to another address, browser or person than it was sent from.
    case strayed
    /// It is from another server than was asked.
    case issuer
    /// The integration was changed on the way.
    case changed
    /// Somebody said no at the provider.
    case declined
    /// The provider does not answer, or not usefully.
    case unavailable
    /// This server was shut down on the way.
    case interrupted
    /// The client or its secret is wrong.
    case client
    /// The client may not do this.
    case notAllowed = "not_allowed"
    /// The provider does not give these scopes.
    case scope
    /// The code was not accepted.
    case code
    /// The provider does not understand the request.
    case request
    /// The id_token is not for this login.
    case identity
    /// The integration is not usable as it is configured.
    case unusable
    /// Something of ours.
    case own

    /// Whether a viewer is helped by an administrator alone.
    var isForAdministrators: Bool {
        switch self {
        case .client, .notAllowed, .scope, .code, .request, .unusable: true
        default: false
        }
    }

    /// What an administrator can do.
    var advice: String {
        switch self {
        case .strayed:
            "Begin and end the login in one browser, signed in here as the same person, and without the back button."
        case .issuer:
            "Compare the host or the issuer of the data source with what the provider's own metadata says."
        case .changed: "Test it again: it was changed while you were at the provider."
        case .declined:
            "Log in as somebody who may use the app, and agree to what it asks for; or let the app's owner allow it."
        case .unavailable:
            "Check the host of the data source, and whether this server may reach it; then test again in a moment."
        case .interrupted: "Test it again: this server was restarted while the provider was asked."
        case .client:
            "Copy the client ID and the client secret from the provider again. A secret that has expired there must be made anew; some providers say the same where a network policy keeps this server out."
        case .notAllowed:
            "At the provider let the client use the authorization code flow, and let the people who log in use the client."
        case .scope: "Take scopes away that the provider does not know, or allow them for the client there."
        case .code:
            "Check that the redirect URI registered at the provider is the one shown here, to the letter, and that the client is of the right kind (confidential or public)."
        case .request:
            "Compare the redirect URI, the scopes and the kind of client with what is registered at the provider."
        case .identity:
            "Compare the host or the issuer of the data source with the provider's, and check that the clocks are right."
        case .unusable: "Edit the data source: its settings do not fit any more."
        case .own: "Try again; if it stays so, tell the operator of this server."
        }
    }
}
