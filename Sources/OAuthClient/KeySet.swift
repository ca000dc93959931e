import Cryptography
public import HTTPClient
public import JSON

/// The keys that an issuer publishes for its signatures (RFC 7517): those that are of use here, the others are passed over.
public struct KeySet: Sendable {
    /// The algorithms whose signatures are verified (RFC 7518 section 3.1).
    enum Algorithm: String, Sendable {
        case rs256 = "RS256"
        case ps256 = "PS256"
        case es256 = "ES256"

        /// Whether a key of that kind makes such signatures.
        func fits(_ key: PublicKey) -> Bool { key.algorithm == (self == .es256 ? .es256 : .rs256) }
    }

    private struct Entry: Sendable {
        let name: String?
        /// `alg`; nil where the issuer does not say.
        let algorithm: String?
        let key: PublicKey
    }

    /// More than any issuer has at one time.
    public static let maximumCount = 100

    private let entries: [Entry]

    /// The keys of a document. What is no key, is for something else than signatures, or is of a kind that is not known
    /// here, is passed over.
    public init(_ document: JSONObject) {
        entries = (document["keys"]?.arrayValue ?? []).prefix(Self.maximumCount).compactMap { value in
            guard let members = value.objectValue else { return nil }
            guard members["use"]?.stringValue ?? "sig" == "sig" else { return nil }
            let texts = members.compactMap { member in member.value.stringValue.map { (name: member.key, value: $0) } }
            guard let key = try? PublicKey(jwkMembers: texts) else { return nil }
            return Entry(name: members["kid"]?.stringValue, algorithm: members["alg"]?.stringValue, key: key)
        }
    }

    /// Whether there is none that could verify anything.
    public var isEmpty: Bool { entries.isEmpty }

    /// The keys that may have made such a signature: the one of that name, or, where the signature names none, all.
    func keys(named name: String?, for algorithm: Algorithm) -> [PublicKey] {
        entries.filter { entry in
            (name == nil || entry.name == name) && algorithm.fits(entry.key)
                && (entry.algorithm == nil || entry.algorithm == algorithm.rawValue)
        }.map(\.key)
    }

    /// Fetches the keys of an issuer from its `jwks_uri`.
    ///
    /// - Throws: `MetadataError` with a sentence for the administrator who typed the issuer.
    public static func fetch(
        _ address: String, policy: OutboundPolicy, over transport: any HTTPTransport
    ) async throws(MetadataError) -> KeySet {
        let url: OutboundURL
        do { url = try OutboundURL(parsing: address, policy: policy) } catch {
            throw MetadataError(.endpointRefused, detail: "jwks_uri: \(error.description)")
        }
        let response: OutboundResponse
        do {
            response = try await transport.send(
                OutboundRequest(method: .get, url: url, headers: [("Accept", "application/json")]))
        } catch {
            throw MetadataError(error.code == .answerTooLarge ? .tooLarge : .unreachable, detail: error.description)
        }
        guard response.status == 200 else {
            throw MetadataError(.unreachable, detail: "jwks_uri answers with status \(response.status).")
        }
        let keys = await transport.read(response) { $0.jsonObject.map { KeySet($0) } }
        guard let keys else { throw MetadataError(.unintelligible) }
        return keys
    }
}
