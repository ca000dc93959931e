import JSON
import Storage

extension Template {
    /// What an integration with this server's own API says.
    enum Connect {
        /// The most that a visitor's key may do; the least where the config does not say.
        static func maxRole(of integration: IntegrationRecord) -> Role {
            switch integration.config["max_role"]?.stringValue {
            case "Admin": .administrator
            case "Publisher": .publisher
            default: .viewer
            }
        }
    }
}
