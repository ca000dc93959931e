/// A kind of app that there is code for, and how it is started.
struct CodeApp: Sendable {
    enum Language: String, Sendable {
        case python, r
    }

    /// How addresses and templates call it: `code-app-<key>`.
    let key: String
    let label: String
    let language: Language
    /// The file that the code goes into.
    let file: String
    /// What is installed beside what the data source needs.
    let packages: [String]
    /// The command that starts it; `{host}` and `{port}` are filled in.
    let command: String

    static let all = [
        CodeApp(
            key: "shiny", label: "Shiny for Python", language: .python, file: "app.py",
            packages: ["posit-sdk", "shiny"],
            command: "shiny run app.py --host {host} --port {port}"),
        CodeApp(
            key: "streamlit", label: "Streamlit", language: .python, file: "app.py",
            packages: ["posit-sdk", "streamlit"],
            command: "streamlit run app.py --server.address {host} --server.port {port} --server.headless true"),
        CodeApp(
            key: "dash", label: "Dash", language: .python, file: "app.py",
            packages: ["posit-sdk", "dash", "gunicorn"], command: "gunicorn app:server --bind {host}:{port}"),
        CodeApp(
            key: "flask", label: "Flask", language: .python, file: "app.py",
            packages: ["posit-sdk", "flask", "gunicorn"], command: "gunicorn app:app --bind {host}:{port}"),
        CodeApp(
            key: "shiny-r", label: "Shiny for R", language: .r, file: "app.R", packages: ["connectapi", "shiny"],
            command: #"Rscript -e 'shiny::runApp("app.R", host = "{host}", port = {port})'"#),
    ]

    static func named(_ key: String) -> CodeApp? { all.first { $0.key == key } }

    /// How packages are installed.
    func installation(_ more: [String]) -> String {
        let names = packages + more
        switch language {
        case .python: return "pip install " + names.joined(separator: " ")
        case .r: return "install.packages(c(" + names.map { "\"\($0)\"" }.joined(separator: ", ") + "))"
        }
    }
}
