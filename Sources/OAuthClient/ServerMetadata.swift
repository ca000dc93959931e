public import HTTPClient
import JSON

/// What an authorization server says about itself (RFC 8414, OpenID Connect Discovery, RFC 9207).
public struct ServerMetadata: Sendable, Hashable {
    /// Equal, to the letter, to the issuer that was asked for.
    public let issuer: String
    /// Where browsers are sent; nil only where ``fetch(issuer:policy:over:needsAuthorization:)`` was told that none is
    /// needed.
    public let authorizationEndpoint: OutboundURL?
    /// Where codes and refresh tokens are exchanged.
    public let tokenEndpoint: OutboundURL
    /// Where tokens are revoked (RFC 7009); nil where it is not offered.
    public let revocationEndpoint: OutboundURL?
    /// Where the server publishes its keys, as written; ``KeySet`` fetches them; nil when not said.
    public let jwksURI: String?
    /// OpenID Connect's UserInfo endpoint; nil where it is not offered, or may not be called.
    public let userInfoEndpoint: OutboundURL?
    /// Where browsers are sent to end the session there (OpenID Connect RP-Initiated Logout); nil where it is not offered,
    /// or is no address that may be called.
    public let endSessionEndpoint: OutboundURL?
    /// Whether every callback carries `iss` (RFC 9207). A callback without one must then be refused.
    public let authorizationResponseIssParameterSupported: Bool
    /// The PKCE methods; empty when not said.
    public let codeChallengeMethodsSupported: [String]
    /// The client authentication methods; `client_secret_basic` when not said (RFC 8414 section 2).
    public let tokenEndpointAuthMethodsSupported: [String]

    /// The grant types; `authorization_code` and `implicit` when not said (RFC 8414 section 2).
    public let grantTypesSupported: [String]
    /// The scopes; empty when not said. A server need not name all that it knows.
    public let scopesSupported: [String]

    /// Reads a document that must be about `issuer`.
    init(
        _ document: JSONObject, issuer: String, policy: OutboundPolicy, needsAuthorization: Bool
    ) throws(MetadataError) {
        guard let named = document["issuer"]?.stringValue else { throw MetadataError(.issuerMissing) }
        guard named == issuer else {
            throw MetadataError(.issuerMismatch, detail: Sentence.bounded(named, limit: 200))
        }
        func endpoint(_ name: String) throws(MetadataError) -> OutboundURL? {
            guard let value = document[name], !value.isNull else { return nil }
            guard let text = value.stringValue else { throw MetadataError(.endpointRefused, detail: name) }
            do { return try OutboundURL(parsing: text, policy: policy) } catch {
                throw MetadataError(.endpointRefused, detail: "\(name): \(error.description)")
            }
        }
        let authorization = try endpoint("authorization_endpoint")
        guard authorization != nil || !needsAuthorization else {
            throw MetadataError(.endpointMissing, detail: "authorization_endpoint")
        }
        guard let token = try endpoint("token_endpoint") else {
            throw MetadataError(.endpointMissing, detail: "token_endpoint")
        }
        func list(_ name: String) -> [String]? { document[name]?.arrayValue?.compactMap(\.stringValue) }
        self.issuer = issuer
        authorizationEndpoint = authorization
        tokenEndpoint = token
        revocationEndpoint = try endpoint("revocation_endpoint")
        authorizationResponseIssParameterSupported =
            document["authorization_response_iss_parameter_supported"]?.boolValue ?? false
        codeChallengeMethodsSupported = list("code_challenge_methods_supported") ?? []
        tokenEndpointAuthMethodsSupported =
            list("token_endpoint_auth_methods_supported") ?? [ClientAuthenticationMethod.basic.rawValue]
        jwksURI = document["jwks_uri"]?.stringValue
        // What only sign-in asks for; a server whose entry is of no use here serves without.
        userInfoEndpoint = try? endpoint("userinfo_endpoint")
        endSessionEndpoint = try? endpoint("end_session_endpoint")
        grantTypesSupported = list("grant_types_supported") ?? ["authorization_code", "implicit"]
        scopesSupported = list("scopes_supported") ?? []
    }
}

extension ServerMetadata {
    /// Fetches the document of an issuer.
    ///
    /// Tries the three places in use: the well-known name inserted before the issuer's path (RFC 8414 section 3.1),
    /// OpenID's name appended, and RFC 8414's name appended, which is where Databricks has it. A redirect is not
    /// followed. The error's description is a sentence for the admin who typed the issuer.
    ///
    /// `needsAuthorization` false accepts a document without `authorization_endpoint`: a server that serves machines
    /// only has none. `isOpenID` asks at OpenID's place first: what a server says elsewhere may leave out its sign-in.
    public static func fetch(
        issuer: String, policy: OutboundPolicy, over transport: any HTTPTransport, needsAuthorization: Bool = true,
        isOpenID: Bool = false
    ) async throws(MetadataError) -> ServerMetadata {
        let places = try places(of: issuer, policy: policy, isOpenID: isOpenID)
        var best: MetadataError?
        for place in places {
            do throws(MetadataError) {
                let document = try await document(at: place, over: transport)
                return try ServerMetadata(
                    document, issuer: issuer, policy: policy, needsAuthorization: needsAuthorization)
            } catch {
                guard error.isOfOnePlace else { throw error }
                // A document that is wrong says more than two places that have none.
                if best == nil || error.code != .notFound { best = error }
            }
        }
        throw best ?? MetadataError(.notFound)
    }

    private static func places(
        of issuer: String, policy: OutboundPolicy, isOpenID: Bool
    ) throws(MetadataError) -> [OutboundURL] {
        do {
            let base = try OutboundURL(parsing: issuer, policy: policy)
            guard base.query == nil else {
                throw MetadataError(.issuerRefused, detail: "Remove the ? and what follows.")
            }
            let path = base.path.hasSuffix("/") ? String(base.path.dropLast()) : base.path
            let server = "/.well-known/oauth-authorization-server"
            let openID = path + "/.well-known/openid-configuration"
            var places: [OutboundURL] = []
            for text in isOpenID ? [openID, server + path, path + server] : [server + path, openID, path + server] {
                let place = try OutboundURL(parsing: base.origin + text, policy: policy)
                if !places.contains(place) { places.append(place) }
            }
            return places
        } catch let error as OutboundURLError {
            throw MetadataError(.issuerRefused, detail: error.description)
        } catch let error as MetadataError {
            throw error
        } catch {
            throw MetadataError(.issuerRefused)
        }
    }

    private static func document(
        at place: OutboundURL, over transport: any HTTPTransport
    ) async throws(MetadataError) -> JSONObject {
        let response: OutboundResponse
        do {
            response = try await transport.send(
                OutboundRequest(method: .get, url: place, headers: [("Accept", "application/json")]))
        } catch {
            throw MetadataError(error.code == .answerTooLarge ? .tooLarge : .unreachable, detail: error.description)
        }
        switch response.status {
        case 200: break
        case 300..<400: throw MetadataError(.redirected)
        case 429, 500...: throw MetadataError(.unreachable, detail: "Status \(response.status).")
        default: throw MetadataError(.notFound, detail: " (status \(response.status))")
        }
        guard let document = await transport.read(response, { $0.jsonObject }) else {
            throw MetadataError(.unintelligible)
        }
        return document
    }
}
