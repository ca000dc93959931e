import Accounts
import Storage

/// What somebody may be given: by which content, for whom, from which integration, and as what.
struct Entitlement: Sendable {
    let content: ContentRecord
    /// nil where the content acts as itself.
    let viewer: UserRecord?
    let integration: IntegrationRecord
    let type: IssuedTokenType
}

extension IntegrationRecord {
    /// Whose access it gives.
    var kindOfAccess: AuthType { AuthType(rawValue: authType) ?? .viewer }
}

extension Refusal {
    /// Whether it is the provider's doing, the integration's or ours, and not that of who asks.
    var isFailure: Bool { [.serviceAccountFailed, .awsFailed].contains(code) || code.status >= 500 }
}

extension IssuedTokenType {
    /// What an integration gives: most give access tokens.
    init(of integration: IntegrationRecord) {
        self =
            switch integration.template {
            case Template.connect.key: .apiKey
            case Template.aws.key: .awsCredentials
            default: .accessToken
            }
    }
}

extension Exchange {
    func verify(_ request: ExchangeRequest, at now: Timestamp) throws(Refusal) -> SessionToken {
        let token: SessionToken
        do throws(SessionToken.Failure) {
            token = try signer.verify(request.subjectToken, at: now)
        } catch {
            switch error {
            case .otherServer:
                throw Refusal(
                    .issuedByAnotherServer,
                    "subject_token was issued by another server: send the token of this request.")
            case .tooOld:
                throw invalid(request, "subject_token is older than 24 hours: send the token of a new request.")
            case .notGenuine: throw invalid(request, "subject_token is not a token of this account: send it unchanged.")
            }
        }
        guard token.kind == request.kind else {
            throw invalid(request, "subject_token is of another kind than subject_token_type says.")
        }
        return token
    }

    private func invalid(_ request: ExchangeRequest, _ sentence: String) -> Refusal {
        .invalid("subject_token", sentence, code: request.kind == .content ? .contentSessionToken : .subjectToken)
    }

    func judge(
        _ request: ExchangeRequest, _ token: SessionToken, _ facts: ExchangeFacts, _ caller: Caller
    ) throws(Refusal) -> Entitlement {
        guard let content = facts.content else { throw .notFound("content") }
        guard caller.visit == nil else {
            throw Refusal(
                .permissionDenied, "A visitor's key exchanges nothing: content exchanges with the key of its own.")
        }
        guard Contents.mayEdit(content, caller, permissions: facts.permissions, groups: facts.callerGroups) else {
            throw Refusal(.permissionDenied, "This API key may not act for the content that subject_token names.")
        }
        guard token.kind == .user || facts.contentKeySalt.map(SessionToken.mark) == token.keyMark else {
            throw invalid(
                request,
                "subject_token ended with the content's API key: restart the content, so that it gets new ones.")
        }
        guard !facts.associations.isEmpty else {
            throw Refusal(.noAssociation, "This content uses no integration: attach one to it first.")
        }
        let chosen: IntegrationRecord
        if let audience = request.audience {
            guard let found = facts.associations.first(where: { $0.integration.guid == audience }) else {
                throw ExchangeRequest.unknownAudience
            }
            chosen = found.integration
        } else {
            guard facts.associations.count == 1, let only = facts.associations.first else {
                throw Refusal(
                    .audienceMissing, "This content uses several integrations: say which one in audience.",
                    field: "audience"
                )
            }
            chosen = only.integration
        }
        let viewer = try viewer(request, facts, content, chosen)
        let type = IssuedTokenType(of: chosen)
        guard request.wanted == type else {
            throw .invalid(
                "requested_token_type",
                "The integration \(chosen.name) gives \(type.rawValue): send that as requested_token_type.",
                code: .requestedTokenTypeNotFitting)
        }
        return Entitlement(content: content, viewer: viewer, integration: chosen, type: type)
    }

    /// The viewer for whom the content acts; nil where it acts as itself, and that is what the integration is for.
    private func viewer(
        _ request: ExchangeRequest, _ facts: ExchangeFacts, _ content: ContentRecord, _ integration: IntegrationRecord
    ) throws(Refusal) -> UserRecord? {
        switch (integration.kindOfAccess, request.kind) {
        case (.serviceAccount, .content): return nil
        case (.serviceAccount, .user):
            throw Refusal(
                .viewerTokenNotSupported,
                "This is a Service Account integration: exchange the content session token, not a viewer's.")
        case (.viewer, .content):
            throw Refusal(
                .contentTokenNotSupported,
                "This is a Viewer integration: exchange a user session token, not the content's own.")
        case (.visitorKey, .content):
            throw Refusal(
                .visitorKeyNeedsViewer,
                "A visitor API key is a viewer's: exchange a user session token, not the content's own.")
        case (.viewer, .user), (.visitorKey, .user): break
        }
        guard let viewer = facts.viewer, !viewer.isLocked else {
            throw Refusal(.viewerUnknown, "The viewer that subject_token names is unknown or locked.")
        }
        guard Contents.mayOpen(content, viewer, permissions: facts.permissions, groups: facts.viewerGroups) else {
            throw Refusal(.permissionDenied, "The viewer may not open this content any more.")
        }
        return viewer
    }
}
