import JSON
import Storage

extension Template {
    /// This server's own API: content gets a short-lived key of its visitor.
    static let connect = Template(
        key: "connect", name: "Connect API", description: "Call this server's API as the visitor.",
        sections: [
            .authentication(
                .authType([.visitorKey]),
                Setting(
                    "max_role", label: "Max role",
                    description: "The most that a visitor's key may do, whatever the visitor's own role.",
                    form: .choice(["Viewer", "Publisher", "Admin"])
                ).required(),
                Setting(
                    VisitorKeyOrigin.changesSetting, label: "Allow changes",
                    description:
                        "Content may change, in the visitor's name, content that the visitor owns. Every publisher who may edit content that uses this data source can then do so.",
                    form: .flag, default: false
                )
            )
        ],
        endpoints: .none
    )
}
