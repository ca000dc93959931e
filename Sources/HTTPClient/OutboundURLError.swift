/// Why an address may not be called. Compared by ``code``; the description tells the person who typed it what to do.
public struct OutboundURLError: Error, Sendable, Hashable {
    /// The cause; one for each sentence.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// Nothing was given.
        case empty
        /// Longer than ``OutboundURL/maximumLength`` bytes.
        case tooLong
        /// A space, control character, backslash or other character that no URL has.
        case forbiddenCharacter
        /// A character outside ASCII: mostly a look-alike of another name.
        case notASCII
        /// Not of the form `https://host/path`.
        case notAURL
        /// A scheme other than https.
        case notHTTPS
        /// `user:password@` before the host.
        case userInfo
        /// A `#fragment`.
        case fragment
        /// A host that is no DNS name.
        case invalidHost
        /// A host of one label, or below a name that only local networks have.
        case privateName
        /// A label in punycode.
        case punycode
        /// An IP address in any notation.
        case ipLiteral
        /// A port that is no number between 1 and 65535.
        case invalidPort
        /// A port other than 443.
        case portNotAllowed
        /// A `%` without two hexadecimal digits, or an escaped control character.
        case invalidEscape
    }

    /// The cause.
    public let code: Code

    /// An error of that cause.
    public init(_ code: Code) {
        self.code = code
    }
}

extension OutboundURLError: CustomStringConvertible {
    /// A sentence that says what is wrong and what to do; it never repeats what was typed.
    public var description: String {
        switch code {
        case .empty: "The address is empty. Enter it as https://host.example.com."
        case .tooLong: "The address is longer than \(OutboundURL.maximumLength) bytes. Enter a shorter one."
        case .forbiddenCharacter:
            "The address has a space, control character, backslash or another character that URLs do not have. "
                + "Remove it or percent-encode it."
        case .notASCII:
            "The address has letters outside a-z. Names that only look like another are refused: type it in plain "
                + "letters."
        case .notAURL: "The address is no URL. Enter it as https://host.example.com."
        case .notHTTPS: "The address must begin with https://."
        case .userInfo: "The address must not have a user name or password before the host. Remove the part up to @."
        case .fragment: "The address must not have a fragment. Remove the # and what follows it."
        case .invalidHost: "The host is no valid name. Enter a full DNS name such as host.example.com."
        case .privateName:
            "The host is a name of a local network. Enter a full public name, or ask the operator to allow this host."
        case .punycode:
            "The host has an internationalised label (xn--). These are refused because they can imitate other names, "
                + "unless the operator allows this host."
        case .ipLiteral:
            "The host is an IP address. Enter the host's DNS name, or ask the operator to allow this address."
        case .invalidPort: "The port must be a number from 1 to 65535."
        case .portNotAllowed:
            "Only port 443 may be called. Remove the port, or ask the operator to allow this host and port."
        case .invalidEscape:
            "The address has a percent sign without two hexadecimal digits, or an escaped control character."
        }
    }
}
