import Accounts
import HTTPClient

/// Which hosts are a vendor's own, and the one form in which they are kept.
///
/// People paste what their browser shows: with a scheme, a slash, `:443`, a workspace number. That much is tidied up;
/// everything else that is not a host under the vendor's domain is refused.
struct HostRule: Sendable {
    let field: String
    /// The vendor's domains, each with a leading dot. At least one label must stand before one of them.
    var suffixes: [String] = []
    /// What the whole name must look like besides, where customers have names of their own under the vendor's domain.
    var pattern: Setting.Pattern?
    var example = ""
    /// Query parameters that the vendor's own addresses have and that mean nothing here.
    var ignoredQuery: [String] = []
    /// Whether underscores become hyphens: they break strict TLS host checks.
    var replacesUnderscores = false

    /// The address of the host, with nothing behind it.
    ///
    /// - Throws: `Refusal` 228 with the field and a sentence.
    func address(of text: String, policy: OutboundPolicy) throws(Refusal) -> OutboundURL {
        let typed = try tidied(text)
        let host = replacesUnderscores ? typed.replacing("_", with: "-") : typed
        let colon = host.hasSuffix("]") ? nil : host.lastIndex(of: ":")
        let port = colon.flatMap { UInt16(host[host.index(after: $0)...]) }
        let scheme = policy.scheme(
            host: String(port == nil ? host[...] : host[..<(colon ?? host.endIndex)]), port: port)
        let address: OutboundURL
        do throws(OutboundURLError) {
            address = try OutboundURL(parsing: "\(scheme.rawValue)://\(host)", policy: policy)
        } catch {
            throw refusal(error.description)
        }
        guard isVendors(address.host) || policy.permits(host: address.host, port: address.port) else {
            throw refusal(
                example.isEmpty
                    ? "only a host that the operator of this server allowed can stand in for the vendor's."
                    : "it must be a host of the vendor's own, such as \(example).")
        }
        return address
    }

    private func isVendors(_ host: String) -> Bool {
        suffixes.contains { host.hasSuffix($0) && host.utf8.count > $0.utf8.count } && pattern?.matches(host) ?? true
    }

    /// What is kept and shown: the host as it was typed, without what was only pasted along.
    func tidied(_ text: String) throws(Refusal) -> String {
        var rest = text.trimmed.lowercased()[...]
        if let scheme = rest.firstRange(of: "://") {
            guard ["https", "http"].contains(rest[..<scheme.lowerBound]) else {
                throw refusal("write https:// or no scheme.")
            }
            rest = rest[scheme.upperBound...]
        }
        if let question = rest.firstIndex(of: "?") {
            let names = rest[rest.index(after: question)...].split(separator: "&").compactMap {
                $0.split(separator: "=").first
            }
            guard names.allSatisfy({ ignoredQuery.contains(String($0)) }) else {
                throw refusal("leave out what follows the host.")
            }
            rest = rest[..<question]
        }
        while rest.hasSuffix("/") { rest.removeLast() }
        if rest.hasSuffix(":443") { rest.removeLast(4) }
        guard !rest.isEmpty, rest.utf8.count <= 253 else {
            throw refusal(example.isEmpty ? "write the name of a host." : "write a host such as \(example).")
        }
        guard !rest.contains("/"), !rest.contains("#") else {
            throw refusal("leave out the path: only the host is wanted.")
        }
        return String(rest)
    }

    private func refusal(_ sentence: String) -> Refusal {
        .invalid(field, "\(field) is not usable: \(sentence)", code: .templateConfig)
    }
}
