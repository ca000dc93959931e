import Mustache
import Testing

@testable import Web

@Suite struct PageTextTests {
    @Test(arguments: [
        ("plain words, ünï and 🦉", "plain words, ünï and 🦉"), ("", ""),
        ("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"),
        ("a\"b&amp;", "a&quot;b&amp;amp;"),
        // To a reader this is one character; to a browser it is a quotation mark.
        ("\"\u{301}x", "&quot;\u{301}x"),
    ])
    func whatMattersToABrowserIsEscaped(_ text: String, _ expected: String) {
        #expect(PageText().escapeText(text) == expected)
    }

    @Test func everyTemplateEscapesSo() throws {
        let row = try PageText.template(Array("{{name}}".utf8))
        let list = try PageText.template(Array("{{#rows}}<li>{{> row}} </li>{{/rows}}{{{raw}}}".utf8))
        let library = MustacheLibrary(templates: ["row": row, "list": list])
        let values: [String: PageValue] = [
            "rows": .list([["name": .text("<\"\u{301}>")]]), "raw": .text("<b>"),
        ]
        let html = library.render(PageValue.Values(values: values), withTemplate: "list")
        #expect(html?.hasPrefix("<li>&lt;&quot;\u{301}&gt; ") == true && html?.hasSuffix("</li><b>") == true)
    }
}
