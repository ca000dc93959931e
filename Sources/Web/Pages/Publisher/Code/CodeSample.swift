import Integrations
import Storage

/// Code for one data source of a content, with the values of both filled in.
struct CodeSample {
    let integration: IntegrationRecord
    /// What the data source gives content in its environment.
    let environment: [(name: String, value: String)]
    /// Whether the content uses others too, so that code must say which it means.
    let isOneOfSeveral: Bool
    /// The variables that several data sources want different values for, so that none is set.
    let disputed: Set<String>

    /// The code for an app of that kind.
    ///
    /// - Parameter isAtRoot: whether browsers find content at `/`; else it is below `/content/{guid}/`.
    func text(_ app: CodeApp, _ pages: Pages, isAtRoot: Bool) -> String {
        let source = CodeSource.of(integration.template)
        let values = values(source)
        let body = pages.text("code-\(app.language.rawValue)-\(source.key)", values)
        let whole = pages.text(
            "code-app-\(app.key)", values.merging(["source": .text(body), "is_at_root": .flag(isAtRoot)]) { $1 })
        return app.language == .python ? Self.sortingImports(whole) : whole
    }

    /// Python's imports in their usual order (PEP 8): they come from two templates.
    private static func sortingImports(_ code: String) -> String {
        let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
        let isImport = { (line: Substring) in line.hasPrefix("import ") || line.hasPrefix("from ") }
        guard let end = lines.firstIndex(where: { !$0.isEmpty && !isImport($0) }) else { return code }
        let imports = lines[..<end].filter(isImport)
        let own = imports.filter { $0 == "import os" }
        let others = imports.filter { $0 != "import os" }
        let sorted =
            others.filter { $0.hasPrefix("import ") }.sorted() + others.filter { $0.hasPrefix("from ") }.sorted()
        return (own + [""] + sorted + [""] + lines[end...]).joined(separator: "\n")
    }

    /// What is installed for it.
    func packages(_ app: CodeApp) -> [String] {
        let source = CodeSource.of(integration.template)
        return app.language == .python ? source.python : source.r
    }

    private func values(_ source: CodeSource) -> [String: PageValue] {
        let place = environment.first { $0.name == source.variable }?.value ?? ""
        return [
            // Texts between quotes: GUIDs, hosts, regions. Names stand in comments; none of them can end a line.
            "name": .text(integration.name), "is_viewers": .flag(integration.actsForViewer),
            "audience": .text(isOneOfSeveral ? integration.guid.description : ""),
            "variable": .text(source.variable), "place": .text(place),
            "is_set": .flag(!place.isEmpty && !disputed.contains(source.variable)),
            "url": .text(url(source.url)),
        ]
    }

    private func url(_ pattern: String) -> String {
        var url = ""
        for part in pattern.split(separator: "{", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "}", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = pieces.first, pieces.count == 2 else {
                url += part
                continue
            }
            let choices = name.split(separator: "|")
            url += environment.first { $0.name == choices[0] }?.value ?? String(choices[choices.count - 1])
            url += pieces[1]
        }
        return url
    }
}

extension Pages {
    /// What the code that is shown to publishers is made of.
    static let code: Templates = [
        ("code-app-shiny", PackageResources.code_app_shiny_mustache),
        ("code-app-streamlit", PackageResources.code_app_streamlit_mustache),
        ("code-app-dash", PackageResources.code_app_dash_mustache),
        ("code-app-flask", PackageResources.code_app_flask_mustache),
        ("code-app-shiny-r", PackageResources.code_app_shiny_r_mustache),
        ("code-python-client", PackageResources.code_python_client_mustache),
        ("code-python-databricks", PackageResources.code_python_databricks_mustache),
        ("code-python-snowflake", PackageResources.code_python_snowflake_mustache),
        ("code-python-aws", PackageResources.code_python_aws_mustache),
        ("code-python-connect", PackageResources.code_python_connect_mustache),
        ("code-python-web", PackageResources.code_python_web_mustache),
        ("code-r-databricks", PackageResources.code_r_databricks_mustache),
        ("code-r-snowflake", PackageResources.code_r_snowflake_mustache),
        ("code-r-aws", PackageResources.code_r_aws_mustache),
        ("code-r-connect", PackageResources.code_r_connect_mustache),
        ("code-r-web", PackageResources.code_r_web_mustache),
    ]
}
