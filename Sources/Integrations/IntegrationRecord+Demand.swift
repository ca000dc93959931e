import Accounts
import JSON
public import Storage

extension IntegrationRecord {
    /// What its scopes let content do, in words for those who log in.
    public var permissions: [Permission] {
        let scopes = Template.named(template)?.complete(config)["scopes"]?.stringValue ?? ""
        return Permission.of(scopes.split(separator: " ").map(String.init), template)
    }

    /// What viewers of content that uses it are asked for, in a sentence.
    public var demand: String {
        let provider = Template.named(template)?.name ?? template
        switch (kindOfAccess, template) {
        case (.serviceAccount, _):
            return "Nobody is asked: the content acts as itself at \(provider), with the same rights whoever views it."
        case (.visitorKey, _):
            let most =
                switch Template.Connect.maxRole(of: self) {
                case .viewer: "a viewer may do"
                case .publisher: "a publisher may do"
                case .administrator: "the viewer may do, an administrator's rights included"
                }
            return "Nobody is asked: the content gets a key of its viewer for an hour, good for what \(most)."
        case (.viewer, Template.aws.key):
            return "Nobody is asked: the content gets credentials of AWS for an hour or so that name its viewer."
        case (.viewer, _):
            return "Each viewer logs in at \(provider) once, and is told that the content will be able to:"
        }
    }
}
