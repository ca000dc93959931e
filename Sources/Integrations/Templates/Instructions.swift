public import JSON

/// What an administrator does at a provider before an integration works, step by step.
///
/// In words and code `{name}` stands for a setting's value, and for what this server knows: `redirect_uri`,
/// `redirect_is_plain` (whether it is without TLS), `issuer` and `issuer_host` (this account as an OpenID provider).
struct Instructions: Sendable {
    /// One step; its code is there to be copied.
    struct Step: Sendable {
        let words: String
        var code: String?
        /// Under which options; nil: always.
        var when: Visibility?

        init(_ words: String, code: String? = nil, when: Visibility? = nil) {
            self.words = words
            self.code = code
            self.when = when
        }
    }

    let heading: String
    /// The vendor's own page about it.
    let documentation: String?
    /// Under which options they are meant; nil: always.
    var when: Visibility?
    let steps: [Step]
}

/// The steps for one integration, ready to be read.
public struct Guide: Sendable {
    /// One step.
    public struct Step: Sendable {
        /// What to do.
        public let words: String
        /// What to copy there; nil: nothing.
        public let code: String?
        /// Under which choices of the dialog it is meant, as the API tells it; nil: always.
        public let when: JSON?
        /// Whether it is meant under the options chosen.
        public let isMeant: Bool
    }

    /// What they lead to.
    public let heading: String
    /// In order.
    public let steps: [Step]
    /// The vendor's own page about it; nil where there is none.
    public let documentation: String?
    /// Under which choices of the dialog they are meant, as the API tells it; nil: always.
    public let when: JSON?
    /// Whether they are meant under the options chosen.
    public let isMeant: Bool
}

extension Template {
    /// What to do at the provider, for a config, which need not be whole: what its options ask for.
    ///
    /// - Parameters:
    ///   - redirectURI: nil where it is not known yet.
    ///   - issuer: this account as an OpenID provider.
    public func guides(_ config: JSONObject, redirectURI: String?, issuer: String) -> [Guide] {
        allGuides(config, redirectURI: redirectURI, issuer: issuer).filter(\.isMeant).map { guide in
            Guide(
                heading: guide.heading, steps: guide.steps.filter(\.isMeant), documentation: guide.documentation,
                when: nil, isMeant: true)
        }
    }

    /// Under which choices of the dialog a redirect URI is registered, as the API tells it; nil: always, or never.
    public var loginCondition: JSON? { hasLogin ? condition(.isViewer) : nil }

    /// Whether people log in under the options of a config.
    public func hasLogin(_ config: JSONObject) -> Bool { hasLogin && Visibility.isViewer.holds(in: complete(config)) }

    /// Nil where nothing that the dialog asks decides it.
    private func condition(_ when: Visibility?) -> JSON? {
        guard let when, when.names.isSubset(of: settings.filter(\.isListed).map(\.name)) else { return nil }
        return when.answer
    }

    /// What to do at the provider under any of the options, for a page whose reader is about to choose.
    ///
    /// - Parameters:
    ///   - redirectURI: nil where it is not known yet.
    ///   - issuer: this account as an OpenID provider.
    public func allGuides(_ config: JSONObject, redirectURI: String?, issuer: String) -> [Guide] {
        let options = complete(config)
        var known = options
        known["redirect_uri"] = .string(redirectURI ?? "the redirect URI that is shown once the data source is added")
        known["redirect_is_plain"] = redirectURI?.hasPrefix("http://") == true ? "TRUE" : "FALSE"
        known["issuer"] = .string(issuer)
        known["issuer_host"] = .string(issuer.split(separator: "/", maxSplits: 1).last.map { $0.trimmedSlash } ?? "")
        let values = known
        func isMeant(_ when: Visibility?) -> Bool { when?.holds(in: options) ?? true }
        return instructions.map { sheet in
            Guide(
                heading: sheet.heading,
                steps: sheet.steps.map {
                    Guide.Step(
                        words: values.filled($0.words), code: $0.code.map(values.filled), when: condition($0.when),
                        isMeant: isMeant($0.when))
                },
                documentation: sheet.documentation, when: condition(sheet.when), isMeant: isMeant(sheet.when))
        }
    }
}

extension Substring {
    fileprivate var trimmedSlash: String { String(drop { $0 == "/" }) }
}
