import Cryptography
import JSON

/// A key that a client registered: it signs JWTs with the private half.
struct ClientKey: Sendable {
    /// `kid`; nil where the client's set has none.
    let id: String?
    let key: PublicKey

    init(_ object: JSONObject) throws(ControlRefusal) {
        id = object["kid"]?.stringValue
        let members = object.compactMap { name, value in value.stringValue.map { (name: name, value: $0) } }
        do throws(CryptographyError) {
            key = try PublicKey(jwkMembers: members)
        } catch {
            throw ControlRefusal("jwks has a key that cannot be used: \(error)")
        }
    }
}

/// A JWT taken apart (RFC 7515, section 3.1), nothing of it believed yet.
struct Assertion: Sendable {
    let header: JSONObject
    let claims: JSONObject
    private let signed: [UInt8]
    private let signature: [UInt8]

    /// Nil for what is no JWT.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = Base64URL.decode(String(parts[2]))
        else { return nil }
        self.header = header
        self.claims = claims
        self.signature = signature
        signed = Array("\(parts[0]).\(parts[1])".utf8)
    }

    private static func object(_ part: Substring) -> JSONObject? {
        Base64URL.decode(String(part)).flatMap { try? JSON.parse($0).objectValue }
    }

    /// Whether one of the keys made the signature. The algorithm is the key's; the header may only agree.
    func isSigned(by keys: [ClientKey]) -> Bool {
        let id = header["kid"]?.stringValue
        return keys.contains { candidate in
            (id == nil || candidate.id == nil || candidate.id == id)
                && header["alg"]?.stringValue == candidate.key.algorithm.rawValue
                && candidate.key.isValid(signature: signature, for: signed)
        }
    }

    /// `aud`, a text or a list of texts.
    var audiences: [String] {
        claims["aud"]?.stringValue.map { [$0] } ?? claims["aud"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }
}

extension TokenIssuer {
    /// The grant type of RFC 7523, section 2.1.
    static let assertionGrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    /// The `client_assertion_type` of RFC 7523, section 2.2.
    static let clientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// The longest life of an assertion, and how far clocks may differ, in seconds.
    private static let assertionLifetime: Int64 = 60 * 60
    private static let clockTolerance: Int64 = 60

    /// A client that proves itself by a JWT (RFC 7523, section 2.2).
    mutating func authenticateByAssertion(_ request: TokenRequest) throws(OAuthRefusal) -> RegisteredClient {
        let parameters = request.parameters
        guard parameters["client_assertion_type"] == Self.clientAssertionType else {
            throw OAuthRefusal(.invalidClient, "client_assertion_type is unknown")
        }
        guard request.authorization == nil, parameters["client_secret"] == nil else {
            throw OAuthRefusal(.invalidRequest, "The client authenticated in two ways")
        }
        let (client, claims) = try verify(parameters["client_assertion"], request, as: .invalidClient)
        guard claims["sub"]?.stringValue == client.id, parameters["client_id"].map({ $0 == client.id }) ?? true else {
            throw OAuthRefusal(.invalidClient, "The assertion is about another client")
        }
        return client
    }

    /// An assertion as the grant itself (RFC 7523, section 2.1): how Google's service accounts get their tokens.
    mutating func redeemAssertion(_ request: TokenRequest) throws(OAuthRefusal) -> Grant {
        let (client, claims) = try verify(request.parameters["assertion"], request, as: .invalidGrant)
        let scope = request.parameters["scope"] ?? claims["scope"]?.stringValue ?? ""
        let scopes = Self.scopes(in: scope)
        if let allowed = client.allowedScopes, !allowed.isSuperset(of: scopes) {
            throw OAuthRefusal(.invalidScope, "The client may not ask for one of these scopes")
        }
        counters.count(.assertionGrants)
        return issueToClient(client, scopes: scopes, origin: request.origin)
    }

    /// RFC 7523, section 3: whose it is, by a signature; for here; for now; for once.
    private mutating func verify(
        _ text: String?, _ request: TokenRequest, as code: OAuthRefusal.Code
    ) throws(OAuthRefusal) -> (RegisteredClient, JSONObject) {
        guard let text, let assertion = Assertion(text) else { throw OAuthRefusal(code, "The assertion is no JWT") }
        ledger.assertions.append(text)
        let claims = assertion.claims
        guard let client = claims["iss"]?.stringValue.flatMap({ clients[$0] }), assertion.isSigned(by: client.keys)
        else { throw OAuthRefusal(code, "The assertion's issuer is unknown or its signature is wrong") }
        let places = kind.endpoints.flatMap { [$0.token, $0.revoke] }.compactMap(\.self)
        let names = [issuer(origin: request.origin)] + places.map { request.origin + $0 }
        guard assertion.audiences.contains(where: names.contains) else {
            throw OAuthRefusal(code, "The assertion is for another audience")
        }
        let now = clock.nowSeconds
        guard let expires = claims["exp"]?.integerValue, expires > now - Self.clockTolerance,
            expires <= now + Self.assertionLifetime + Self.clockTolerance,
            claims["iat"]?.integerValue.map({ $0 <= now + Self.clockTolerance }) ?? true
        else { throw OAuthRefusal(code, "The assertion's time is over, not yet come, or too long") }
        // What is presented twice may have been stolen on the way. Google's assertions have no jti and are taken as one.
        let once = claims["jti"]?.stringValue ?? text
        guard usedAssertions.insert("\(client.id) \(once)").inserted else {
            throw OAuthRefusal(code, "The assertion was used before")
        }
        return (client, claims)
    }
}
