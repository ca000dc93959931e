/// Why a server's metadata cannot be used. Compared by ``code``.
public struct MetadataError: Error, Sendable, Hashable {
    /// The cause.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The issuer is no address that may be called.
        case issuerRefused
        /// The server could not be reached, or has a problem of its own.
        case unreachable
        /// There is no document at any of the known places.
        case notFound
        /// The document's place redirects elsewhere.
        case redirected
        /// The document is longer than accepted.
        case tooLarge
        /// The document is no JSON object.
        case unintelligible
        /// The document names no issuer.
        case issuerMissing
        /// The document is about another issuer (RFC 8414 section 3.3).
        case issuerMismatch
        /// An endpoint is missing.
        case endpointMissing
        /// An endpoint may not be called.
        case endpointRefused
    }

    /// The cause.
    public let code: Code
    /// What belongs to it: an endpoint's name, the issuer found, a sentence of a lower room.
    public let detail: String

    init(_ code: Code, detail: String = "") {
        self.code = code
        self.detail = detail
    }

    /// Whether another place may still have a good document.
    var isOfOnePlace: Bool {
        switch code {
        case .issuerRefused, .unreachable, .tooLarge: false
        default: true
        }
    }
}

extension MetadataError: CustomStringConvertible {
    /// A sentence for the admin who typed the issuer.
    public var description: String {
        switch code {
        case .issuerRefused: "The issuer cannot be used. \(detail)"
        case .unreachable: "The issuer's metadata could not be fetched. \(detail)"
        case .notFound:
            "The issuer has no metadata document\(detail). Check the issuer, or enter the authorization and token endpoints."
        case .redirected: "The issuer's metadata document redirects elsewhere. Enter the issuer that it redirects to."
        case .tooLarge: "The issuer's metadata document is too long."
        case .unintelligible: "The issuer's metadata document is no JSON object."
        case .issuerMissing: "The issuer's metadata document names no issuer."
        case .issuerMismatch:
            "The metadata document is about the issuer \(detail), not the one that was entered. They must be equal "
                + "to the letter, a slash at the end included."
        case .endpointMissing: "The issuer's metadata document has no \(detail)."
        case .endpointRefused: "The issuer's metadata document has an endpoint that cannot be used. \(detail)"
        }
    }
}
