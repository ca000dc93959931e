import Accounts
import HTTPTypes

/// What a browser says of where a request comes from (Fetch Metadata, <https://www.w3.org/TR/fetch-metadata/>, and
/// `Origin`). Programs say nothing, and neither do browsers that do not know it.
struct FetchMetadata: Sendable {
    private let site: String?
    private let mode: String?
    private let destination: String?
    private let origin: String?

    init(_ headers: HTTPFields) {
        site = headers[.fetchSite]
        mode = headers[.fetchMode]
        destination = headers[.fetchDestination]
        origin = headers[.origin]
    }

    /// Whether a page of another origin than that one asks. A sibling below the same domain is another, and so is a
    /// provider that sends the browser back.
    func isForeign(to own: String) -> Bool {
        // A page that tells nobody where it is says `Origin: null` of itself, so that counts only where nothing else is said.
        if let site { return site != "same-origin" && site != "none" }
        return origin.map { $0 != own } ?? false
    }

    /// Whether the browser says at all what the answer is for.
    var tellsMode: Bool { mode != nil }

    /// Whether the browser is about to show the answer: in its window, or in a frame. Whose page asked cannot read it.
    var isNavigation: Bool { mode == "navigate" }

    /// Whether it is about to show the answer in a window of its own.
    var isInWindow: Bool { isNavigation && destination ?? "document" == "document" }
}

extension FormGuard {
    /// Pages are for people: another site can lead somebody here, but neither fetch a page with the cookies that are on
    /// their way nor put it into a frame.
    ///
    /// - Parameter inFrames: whether a frame is allowed; where nothing is shown.
    /// - Throws: `Refusal` 92.
    func checkSource(_ headers: HTTPFields, inFrames: Bool = false) throws(Refusal) {
        let source = FetchMetadata(headers)
        guard source.isForeign(to: base), !source.isInWindow, !(inFrames && source.isNavigation) else { return }
        throw Refusal(
            .crossSiteRequest, "Another site asked for this page: open it in a window of its own at \(base).")
    }
}
