import Accounts
import Storage

/// What is asked of somebody who creates content or changes it.
enum ContentForm {
    static func title(_ content: ContentRecord?) -> Field {
        Field(
            "title", "Title", value: content?.title ?? "", hint: "What people see.", maximum: TextRules.titleLength)
    }

    static func name(_ content: ContentRecord?) -> Field {
        let rule = "For programs and command lines: 3 to 64 letters, digits, hyphens or underscores."
        return Field(
            "name", "Name", value: content?.name ?? "",
            hint: content == nil ? rule + " One is made up if you leave it empty." : rule, isRequired: content != nil)
    }

    static func description(_ content: ContentRecord?) -> Field {
        Field(
            "description", "Description", .lines(3), value: content?.description ?? "",
            hint: "Viewers read it before they open the content.")
    }

    static func upstream(_ content: ContentRecord?) -> Field {
        Field(
            "upstream_url", "Address where the app runs", value: content?.upstreamURL ?? "",
            hint:
                "How this server reaches it: http or https, a host and a port, such as http://127.0.0.1:9001. You can say so later; until then nobody can open it."
        )
    }

    static func access(_ content: ContentRecord?) -> Field {
        Field(
            "access_type", "Who may view",
            .radio(AccessType.allCases.map { (value: $0.rawValue, label: $0.words, hint: $0.sentence) }),
            value: (content?.accessType ?? .acl).rawValue)
    }

    /// What was sent; a field that is not there leaves what is.
    static func read(_ form: SentForm) -> Contents.Fields {
        var fields = Contents.Fields()
        fields.title = form.fields["title"]
        fields.name = form.fields["name"]
        fields.description = form.fields["description"]
        fields.accessType = form.fields["access_type"]
        fields.upstreamURL = form.fields["upstream_url"]?.trimmed
        return fields
    }
}
