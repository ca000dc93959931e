import Integrations
import OAuthClient
import Storage

/// The address of the page before a content that needs logins at providers, and where it leads in the end.
struct ContentLogin: Equatable {
    let account: AccountSlug
    let content: GUID
    /// The path of the content to which somebody was headed, with its query.
    let target: String

    init(account: AccountSlug, content: GUID, target: String) {
        self.account = account
        self.content = content
        self.target = target
    }

    /// Reads an address of ours; nil where it is another page's.
    init?(_ path: String) {
        let parts = path.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let steps = parts[0].split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, steps.count == 6, steps[1] == "accounts", steps[3] == "content", steps[5] == "log-in",
            let account = AccountSlug(String(steps[2])), let guid = GUID(steps[4]),
            let fields = try? FormEncoding.fields(String(parts[1])), let target = Self.target(fields["to"], of: guid)
        else { return nil }
        self.init(account: account, content: guid, target: target)
    }

    /// The target that a query names: of that content alone. Without one it is the content's first page.
    static func target(_ text: String?, of content: GUID) -> String? {
        guard let path = ContentPath(parameter: text ?? "\(ContentPath.prefix)\(content)/"), path.guid == content else {
            return nil
        }
        return path.target
    }

    var path: String { "/accounts/\(account)/content/\(content)/log-in?to=\(ReturnPath.parameter(target))" }
}
