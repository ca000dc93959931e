import Accounts
import Cryptography
import HTTPTypes

/// Proof that a form was sent from one of our own pages (CSRF).
///
/// Each form carries the HMAC of a secret that only the browser's cookie holds; a page of another site knows neither. What
/// the browser says of the request's origin is looked at as well.
struct FormGuard: Sendable {
    let key: SecretBytes
    /// The origin of the pages.
    let base: String

    static let field = "csrf_token"

    /// What a form must carry, for a browser whose cookie holds that secret.
    func token(_ secret: SecretString) -> String {
        Base64URL.encode(HMACSHA256.authenticate(Array("form|\(secret.reveal())".utf8), key: key))
    }

    /// - Throws: `Refusal` 92 where the form is not from our page, or the page is from before a sign-out.
    func check(_ form: [String: String], _ secret: SecretString?, _ headers: HTTPFields) throws(Refusal) {
        try checkOrigin(headers)
        guard let secret, isOurs(form, secret) else {
            throw Refusal(
                .crossSiteRequest, "This page is out of date: go back, load it again, and send the form once more.")
        }
    }

    /// Whether a form is from a page that this browser was shown.
    func isOurs(_ form: [String: String], _ secret: SecretString) -> Bool {
        form[Self.field].map { constantTimeEquals($0, token(secret)) } ?? false
    }

    /// What the browser says of where the form comes from.
    ///
    /// - Throws: `Refusal` 92 where that is another site.
    func checkOrigin(_ headers: HTTPFields) throws(Refusal) {
        let origin = headers[.origin]
        guard origin == nil || origin == base, !FetchMetadata(headers).isForeign(to: base) else {
            throw Refusal(
                .crossSiteRequest, "This form was sent from another site: open the page at \(base) and send it there.")
        }
    }
}
