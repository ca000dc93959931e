/// Whose access content uses, in the API's words.
public enum AuthType: String, Sendable, CaseIterable {
    /// Each viewer's own, after a login at the provider (AWS needs none).
    case viewer = "Viewer"
    /// The content's own.
    case serviceAccount = "Service Account"
    /// The viewer's, at this server itself.
    case visitorKey = "Visitor API Key"
}
