import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// The pages of one content, for those who may change it.
enum ContentTab: String, CaseIterable {
    case overview, viewers, access, environment, code, settings

    var label: String {
        switch self {
        case .overview: "Overview"
        case .viewers: "Who may view"
        case .access: "Access"
        case .environment: "Environment"
        case .code: "Code"
        case .settings: "Settings"
        }
    }

    /// The end of its address.
    func path(of guid: GUID) -> String { self == .overview ? "content/\(guid)" : "content/\(guid)/\(rawValue)" }
}

extension Visit {
    /// A page of a content, with the head that all of them share.
    ///
    /// - Parameter title: what the page is called where it is none of the tabs.
    func page(
        _ template: String, of content: ContentRecord, _ tab: ContentTab, title: String? = nil,
        _ values: [String: PageValue], error: Refusal? = nil
    ) -> Response {
        let tabs = ContentTab.allCases.map { other -> [String: PageValue] in
            [
                "label": .text(other.label), "address": .text(path(other.path(of: content.guid))),
                "is_current": .flag(other == tab),
            ]
        }
        var values = values
        values["content_title"] = .text(content.called)
        values["content_path"] = .text(path("content/\(content.guid)"))
        values["tabs"] = .list(tabs)
        return page(
            template, title: "\(title ?? tab.label) · \(content.called)", in: .content, values,
            status: Visit.status(error))
    }

    /// Does what a form of a content's page asks for; where it is refused, the page is shown again.
    ///
    /// - Parameter again: the page, with why it was refused.
    func carryOut(
        _ work: () async throws(Refusal) -> Response, else again: (Refusal) async throws -> Response
    ) async throws -> Response {
        do throws(Refusal) {
            return try await work()
        } catch {
            guard error.code.status < 500 else { throw error }
            return try await again(error)
        }
    }
}

extension ContentRecord {
    /// What people call it.
    var called: String { title.isEmpty ? name : title }
}

extension AccessType {
    /// Who may open it, in a word or two.
    var words: String {
        switch self {
        case .acl: "Listed people and groups"
        case .loggedIn: "Everybody in this account"
        case .all: "Anyone, without signing in"
        }
    }

    /// What that means.
    var sentence: String {
        switch self {
        case .acl: "Its owner, and the people and groups that are listed. Everybody else is turned away."
        case .loggedIn: "Whoever can sign in to this account."
        case .all:
            "Nobody signs in, so the content does not know who views it, and cannot use a data source that acts for its viewer."
        }
    }
}
