/// The provider's own pages: as plain as they can be and still work for a person, a keyboard and a test.
enum Pages {
    /// The login form. The authorization request travels in hidden fields and is checked again when they return.
    static func login(kind: Kind, request: Form, action: String, problem: String? = nil) -> String {
        let hidden = request.parameters
            .map { #"<input type="hidden" name="\#(escape($0.name))" value="\#(escape($0.value))">"# }
            .joined(separator: "\n")
        let alert = problem.map { #"<p role="alert">\#(escape($0))</p>"# } ?? ""
        return page(
            title: "Sign in to \(kind.name) (simulated)",
            body: """
                <p><strong>\(escape(request["client_id"] ?? ""))</strong> asks to act for you with:
                <code>\(escape(request["scope"] ?? ""))</code></p>
                \(alert)
                <form method="post" action="\(escape(action))">
                \(hidden)
                <p><label for="username">Username</label><br>
                <input id="username" name="username" autocomplete="username" required autofocus></p>
                <p><label for="password">Password</label><br>
                <input id="password" name="password" type="password" autocomplete="current-password" required></p>
                <p><button name="decision" value="allow">Sign in</button>
                <button name="decision" value="deny" formnovalidate>Deny</button></p>
                </form>
                """)
    }

    static func problem(_ sentence: String) -> String {
        page(title: "This does not work", body: "<p>\(escape(sentence))</p>")
    }

    private static func page(title: String, body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>\(title)</title>
        <style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;\
        padding:0 1rem}input,button{font:inherit;padding:.4rem .6rem}</style></head>
        <body><main>
        <h1>\(title)</h1>
        \(body)
        </main></body>
        </html>

        """
    }

    static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
