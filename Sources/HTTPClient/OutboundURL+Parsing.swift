extension OutboundURL {
    struct Authority {
        var host: Substring
        var port: UInt16?
        var isBracketed: Bool
    }

    /// The characters of RFC 3986 without those that only a fragment or a broken client has; length too.
    static func checkCharacters(_ text: String) throws(OutboundURLError) {
        guard !text.isEmpty else { throw OutboundURLError(.empty) }
        guard text.utf8.count <= maximumLength else { throw OutboundURLError(.tooLong) }
        for byte in text.utf8 {
            if byte >= 0x80 { throw OutboundURLError(.notASCII) }
            guard byte > 0x20, byte != 0x7f, !isForbidden(byte) else { throw OutboundURLError(.forbiddenCharacter) }
        }
    }

    private static func isForbidden(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "\\", "\"", "<", ">", "^", "`", "{", "|", "}": true
        default: false
        }
    }

    /// `host`, `host:port`, `[v6]`, `[v6]:port`.
    static func splitAuthority(_ text: Substring) throws(OutboundURLError) -> Authority {
        try checkCharacters(String(text))
        guard !text.contains("@") else { throw OutboundURLError(.userInfo) }
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { throw OutboundURLError(.invalidHost) }
            let rest = text[text.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw OutboundURLError(.invalidHost) }
            return Authority(
                host: text[text.index(after: text.startIndex)..<close],
                port: rest.isEmpty ? nil : try port(rest.dropFirst()),
                isBracketed: true
            )
        }
        guard let colon = text.firstIndex(of: ":") else {
            return Authority(host: text, port: nil, isBracketed: false)
        }
        return Authority(
            host: text[..<colon], port: try port(text[text.index(after: colon)...]), isBracketed: false)
    }

    private static func port(_ text: Substring) throws(OutboundURLError) -> UInt16 {
        let isDigits = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isDigits, text.utf8.count <= 5, let port = UInt16(text), port > 0 else {
            throw OutboundURLError(.invalidPort)
        }
        return port
    }

    /// The host in the one form in which hosts are compared.
    static func normalizedHost(_ authority: Authority) throws(OutboundURLError) -> String {
        if authority.isBracketed {
            guard case .v6? = IPAddress(canonical: String(authority.host)) else { throw OutboundURLError(.ipLiteral) }
            return IPAddress(canonical: String(authority.host))?.description ?? String(authority.host)
        }
        if looksNumeric(authority.host) {
            // Only four plain decimal numbers can be meant by an operator's exception; all else is a disguise.
            guard let address = IPAddress(canonical: String(authority.host)) else { throw OutboundURLError(.ipLiteral) }
            return address.description
        }
        return try normalizedName(authority.host)
    }

    /// Whether resolvers would read the host as a number: its last label (a dot at the end aside) is all digits or
    /// 0x and digits, as the WHATWG URL standard decides it.
    static func looksNumeric(_ host: Substring) -> Bool {
        let trimmed = host.hasSuffix(".") ? host.dropLast() : host
        guard let last = trimmed.split(separator: ".", omittingEmptySubsequences: false).last, !last.isEmpty else {
            return false
        }
        if last.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return true }
        let lowered = last.lowercased()
        return lowered.hasPrefix("0x") && lowered.dropFirst(2).allSatisfy(\.isHexDigit)
    }

    /// Lower case; labels of letters, digits, hyphens and underscores, 1 to 63 long, no hyphen at either end; at most
    /// 253 in all (RFC 1123; underscores are in real names of Snowflake accounts).
    static func normalizedName(_ name: Substring) throws(OutboundURLError) -> String {
        let lowered = name.lowercased()
        let labels = lowered.split(separator: ".", omittingEmptySubsequences: false)
        guard lowered.utf8.count <= 253 else { throw OutboundURLError(.invalidHost) }
        for label in labels {
            let isValid =
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy {
                    (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f
                }
            guard isValid else { throw OutboundURLError(.invalidHost) }
        }
        return lowered
    }

    /// What a host must be that the operator did not allow by name.
    static func checkHost(
        _ host: String, port: UInt16, isExplicit: Bool, policy: OutboundPolicy
    ) throws(OutboundURLError) {
        if policy.permits(host: host, port: port) { return }
        guard IPAddress(canonical: host) == nil else { throw OutboundURLError(.ipLiteral) }
        let labels = host.split(separator: ".")
        guard !labels.contains(where: { $0.hasPrefix("xn--") }) else { throw OutboundURLError(.punycode) }
        guard labels.count > 1, let last = labels.last, !localSuffixes.contains(String(last)) else {
            throw OutboundURLError(.privateName)
        }
        guard port == Scheme.https.defaultPort else { throw OutboundURLError(.portNotAllowed) }
    }

    /// Top-level names that never lead to the public Internet (RFC 6761, RFC 6762, ICANN's reservation of .internal).
    private static let localSuffixes: Set<String> = ["localhost", "local", "internal", "intranet", "home", "lan"]

    /// Escapes are two hexadecimal digits and never a control character: `%0d%0a` has no honest use in an endpoint.
    static func checkEscapes(_ text: Substring) throws(OutboundURLError) {
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            guard byte != 0x5b, byte != 0x5d else { throw OutboundURLError(.forbiddenCharacter) }
            guard byte == 0x25 else { continue }
            guard let high = hex(bytes.next()), let low = hex(bytes.next()) else {
                throw OutboundURLError(.invalidEscape)
            }
            let value = high << 4 | low
            guard value > 0x1f, value != 0x7f else { throw OutboundURLError(.invalidEscape) }
        }
    }

    private static func hex(_ byte: UInt8?) -> UInt8? {
        switch byte {
        case .some(let digit) where (0x30...0x39).contains(digit): digit - 0x30
        case .some(let letter) where (0x41...0x46).contains(letter): letter - 0x37
        case .some(let letter) where (0x61...0x66).contains(letter): letter - 0x57
        default: nil
        }
    }
}
