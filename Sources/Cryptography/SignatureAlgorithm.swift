/// The signatures of JSON Web Algorithms (RFC 7518, section 3.1) that are made and verified here.
///
/// A key has one algorithm only. What a token's header says never chooses it.
public enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (section 3.3).
    case rs256 = "RS256"
    /// ECDSA on P-256 with SHA-256 (section 3.4): a signature is r and s, 32 bytes each.
    case es256 = "ES256"
}
