public import Cryptography
import JSON

/// The OpenID Connect id_token that comes with an access token.
public enum IDToken {
    /// What is taken from a token that passed.
    public struct Claims: Sendable, Hashable {
        /// `sub`: the user's name at the issuer, unique and stable there.
        public let subject: String
        /// `email`; whether it is the user's is what ``emailVerified`` says.
        public let email: String?
        /// `email_verified`; nil when not said.
        public let emailVerified: Bool?
        /// `preferred_username`.
        public let username: String?
        /// `name`.
        public let name: String?
    }

    /// By how many seconds clocks may differ.
    public static let leeway: Int64 = 60

    /// Checks a token that came straight from the token endpoint, and returns its claims.
    ///
    /// OpenID Connect Core section 3.1.3.7 (6) lets the TLS connection to the token endpoint stand for the signature,
    /// and so it is here: never use this for a token that came by way of the browser or of anyone else. `alg` none is
    /// refused all the same, as we did not ask for it at registration.
    ///
    /// - Parameters:
    ///   - issuer: what `iss` must be, to the letter.
    ///   - clientID: what `aud` must contain, and `azp` be where there is one.
    ///   - nonce: what was sent in the authorization request; nil when none was.
    ///   - now: seconds since 1970.
    public static func verify(
        _ token: SecretString, issuer: String, clientID: String, nonce: String?, now: Int64,
        leeway: Int64 = IDToken.leeway
    ) throws(IDTokenError) -> Claims {
        try check(
            try parts(of: token).claims, issuer: issuer, clientID: clientID, nonce: nonce, now: now, leeway: leeway)
    }

    static func check(
        _ claims: JSONObject, issuer: String, clientID: String, nonce: String?, now: Int64, leeway: Int64
    ) throws(IDTokenError) -> Claims {
        guard let iss = claims["iss"]?.stringValue, constantTimeEquals(iss, issuer) else {
            throw IDTokenError(.issuer)
        }
        try checkAudience(claims, clientID: clientID)
        try checkTimes(claims, now: now, leeway: leeway)
        if let nonce {
            guard let sent = claims["nonce"]?.stringValue, constantTimeEquals(sent, nonce) else {
                throw IDTokenError(.nonce)
            }
        }
        guard let subject = claims["sub"]?.stringValue, (1...255).contains(subject.utf8.count) else {
            throw IDTokenError(.subject)
        }
        return Claims(
            subject: subject,
            email: text(claims["email"]),
            emailVerified: claims["email_verified"]?.boolValue
                // Some issuers write the boolean as a string.
                ?? claims["email_verified"]?.stringValue.flatMap { ["true": true, "false": false][$0.lowercased()] },
            username: text(claims["preferred_username"]),
            name: text(claims["name"])
        )
    }

    /// What a compact JWS (RFC 7515 section 7.1) is made of.
    struct Parts {
        let header: JSONObject
        let claims: JSONObject
        let algorithm: String
        /// What the signature is over.
        let signed: [UInt8]
        let signature: [UInt8]
    }

    /// The parts of a token with a signature of some kind.
    static func parts(of token: SecretString) throws(IDTokenError) -> Parts {
        let parts = token.reveal().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts[2].isEmpty, let signature = Base64URL.decode(parts[2]),
            let header = object(parts[0]), let claims = object(parts[1])
        else { throw IDTokenError(.malformed) }
        guard let algorithm = header["alg"]?.stringValue, !algorithm.isEmpty, algorithm.lowercased() != "none" else {
            throw IDTokenError(.algorithm)
        }
        return Parts(
            header: header, claims: claims, algorithm: algorithm, signed: Array("\(parts[0]).\(parts[1])".utf8),
            signature: signature)
    }

    private static func object(_ part: String) -> JSONObject? {
        guard let bytes = Base64URL.decode(part) else { return nil }
        return (try? JSON.parse(bytes))?.objectValue
    }

    private static func checkAudience(_ claims: JSONObject, clientID: String) throws(IDTokenError) {
        let audiences: [String]
        switch claims["aud"] {
        case .string(let one): audiences = [one]
        case .array(let several):
            audiences = several.compactMap(\.stringValue)
            guard audiences.count == several.count else { throw IDTokenError(.audience) }
        default: throw IDTokenError(.audience)
        }
        guard audiences.contains(clientID) else { throw IDTokenError(.audience) }
        // A token for several audiences need not say to whom it was issued (OpenID Connect Core with errata 2); Oracle's does
        // not. Where it does, it must be us.
        let authorized = claims["azp"] ?? .null
        guard authorized.isNull || authorized.stringValue == clientID else { throw IDTokenError(.audience) }
    }

    private static func checkTimes(_ claims: JSONObject, now: Int64, leeway: Int64) throws(IDTokenError) {
        guard let expiry = seconds(claims["exp"]), now < expiry + leeway else { throw IDTokenError(.expired) }
        guard let issued = seconds(claims["iat"]), issued <= now + leeway, issued <= expiry else {
            throw IDTokenError(.issuedAt)
        }
        if let notBefore = claims["nbf"] {
            guard let start = seconds(notBefore), start <= now + leeway else { throw IDTokenError(.issuedAt) }
        }
    }

    /// A NumericDate (RFC 7519 section 2) within the years that exist; nothing near the edges of arithmetic.
    private static func seconds(_ value: JSON?) -> Int64? {
        guard let number = value?.doubleValue, number >= 0, number < 253_402_300_800 else { return nil }
        return Int64(number)
    }

    private static func text(_ value: JSON?) -> String? {
        guard let text = value?.stringValue, !text.isEmpty else { return nil }
        return Sentence.bounded(text, limit: 255)
    }
}

/// Why an id_token is not accepted. The description never repeats a claim.
public struct IDTokenError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The cause.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Not a signed JWT.
        case malformed
        /// `alg` is none or missing.
        case algorithm
        /// `iss` is another.
        case issuer
        /// `aud` or `azp` is another.
        case audience
        /// `exp` is past or missing.
        case expired
        /// `iat` or `nbf` makes no sense.
        case issuedAt
        /// `nonce` is another: the token belongs to another login.
        case nonce
        /// `sub` is missing.
        case subject
        /// The issuer publishes no key of the name and kind that it is signed with.
        case unknownKey
        /// The signature is not of the issuer's key.
        case signature
    }

    /// The cause.
    public let code: Code

    /// An error of that cause.
    public init(_ code: Code) { self.code = code }

    /// A sentence.
    public var description: String {
        switch code {
        case .malformed: "The provider's id_token is not a signed token."
        case .algorithm: "The provider's id_token is not signed."
        case .issuer: "The provider's id_token comes from another issuer than the configured one."
        case .audience: "The provider's id_token is meant for another client."
        case .expired: "The provider's id_token has expired. Check that the clocks are right."
        case .issuedAt: "The provider's id_token is from the future. Check that the clocks are right."
        case .nonce: "The provider's id_token belongs to another login."
        case .subject: "The provider's id_token names no user."
        case .unknownKey: "The provider's id_token is signed with a key that the provider does not publish."
        case .signature: "The signature of the provider's id_token is wrong."
        }
    }
}
