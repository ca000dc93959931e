import Accounts
import HTTPClient
import JSON
import Testing

@testable import Integrations

/// The catalogue as data: whole, without contradictions, and in the form that clients know.
@Suite struct TemplateTests {
    @Test func thereIsEveryTemplateThatClientsKnow() {
        #expect(
            Template.all.map(\.key) == [
                "aws", "azure", "azure-openai", "bigquery", "connect", "custom", "databricks", "drive", "github",
                "msgraph", "salesforce", "sharepoint", "sheets", "snowflake", "vertex-ai",
            ]
        )
        #expect(TemplateExamples.all.map(\.key) == Template.all.map(\.key))
    }

    @Test(arguments: Template.all.map(\.key))
    func namesAreUnique(_ key: String) throws {
        let template = try #require(Template.named(key))
        let names = template.settings.flatMap { [$0.name, $0.alias].compactMap { $0 } }
        #expect(Set(names).count == names.count)
        #expect(Set(template.sections.map(\.name)).count == template.sections.count)
        #expect(Set(template.environment.map(\.name)).count == template.environment.count)
    }

    @Test(arguments: Template.all.map(\.key))
    func defaultsPassTheirOwnChecks(_ key: String) throws {
        let template = try #require(Template.named(key))
        for setting in template.settings {
            if let value = setting.defaultValue {
                #expect(try setting.checked(value, policy: OutboundPolicy()) == value, "\(setting.name)")
                if let pattern = setting.validation { #expect(pattern.matches(value.stringValue ?? "")) }
            }
            for (_, value) in setting.otherDefaults {
                #expect(throws: Never.self) {
                    try setting.checked(
                        .string(value.replacing("{", with: "").replacing("}", with: "")), policy: OutboundPolicy())
                }
            }
            if let pattern = setting.validation { #expect((try? Regex(pattern.text)) != nil, "\(setting.name)") }
        }
    }

    @Test(arguments: Template.all.map(\.key))
    func expressionsNameOptionsAndTheirValues(_ key: String) throws {
        let template = try #require(Template.named(key))
        func judge(_ expression: Visibility, of name: String) {
            switch expression {
            case .equals(let option, let value):
                let setting = template.setting(option)
                switch setting?.form {
                case .choice(let choices): #expect(choices.contains(value.stringValue ?? ""), "\(name)")
                case .flag: #expect(value.boolValue != nil, "\(name)")
                default: #expect(value == "" && setting != nil, "\(name) depends on \(option), which is no option")
                }
            case .all(let operands), .any(let operands): for operand in operands { judge(operand, of: name) }
            case .not(let operand): judge(operand, of: name)
            }
        }
        for setting in template.settings {
            if let visibility = setting.visibility {
                judge(visibility, of: setting.name)
                #expect(visibility.names.allSatisfy { template.setting($0)?.isOption == true }, "\(setting.name)")
            }
            for other in setting.otherDefaults { judge(other.when, of: setting.name) }
        }
        for rule in template.environment {
            switch rule.source {
            case .text(let name), .origin(let name), .label(let name): #expect(template.setting(name) != nil)
            }
        }
    }

    @Test(arguments: Template.all.map(\.key))
    func whateverIsChosenOneSecretCountsAtMost(_ key: String) throws {
        let template = try #require(Template.named(key))
        for config in combinations(template.settings.filter(\.isOption)[...]) {
            let visible = template.settings.filter { $0.isSecret && $0.isVisible(in: template.complete(config)) }
            #expect(visible.count <= 1, "\(config)")
        }
    }

    private func combinations(_ options: ArraySlice<Setting>) -> [JSONObject] {
        guard let option = options.first else { return [[:]] }
        let rest = combinations(options.dropFirst())
        let values: [JSON] =
            switch option.form {
            case .choice(let choices): choices.map(JSON.string)
            default: [true, false]
            }
        return values.flatMap { value in rest.map { $0.merging([option.name: value]) } }
    }

    @Test(arguments: Template.all.map(\.key))
    func anAnswerHasExactlyTheContractsKeys(_ key: String) throws {
        let template = try #require(Template.named(key))
        let answer = try #require(template.answer.objectValue)
        #expect(
            Set(answer.keys) == [
                "id", "name", "description", "sections", "options", "fields", "environment_variables",
            ]
        )
        let options = try #require(answer["options"]?.arrayValue).compactMap(\.objectValue)
        let fields = try #require(answer["fields"]?.arrayValue).compactMap(\.objectValue)
        let common: Set<String> = ["name", "description", "order", "label", "default", "visibility_expression"]
        for option in options { #expect(Set(option.keys) == common.union(["type", "values"])) }
        for field in fields {
            #expect(
                Set(field.keys) == common.union(["validation", "validation_description", "secret", "multiline"]))
        }
        let orders = (options + fields).compactMap { $0["order"]?.integerValue }.sorted()
        #expect(orders == Array(1...Int64(orders.count)))
        let sections = try #require(answer["sections"]?.arrayValue)
        let items = sections.flatMap { $0["items"]?.arrayValue ?? [] }.compactMap(\.stringValue)
        #expect(Set(items) == Set((options + fields).compactMap { $0["name"]?.stringValue }))
        #expect(items.count == options.count + fields.count)
    }

    @Test func expressionsAreWrittenAsClientsReadThem() throws {
        let secret = try #require(Template.custom.setting("private_key"))
        #expect(
            secret.answer(order: 1)["visibility_expression"] == [
                "operator": "and",
                "operands": [
                    ["operator": "not", "operands": [["name": "auth_mode", "value": "Public"]]],
                    ["name": "token_endpoint_auth_method", "value": "private_key_jwt"],
                ],
            ]
        )
        #expect(secret.answer(order: 1)["multiline"] == true)
    }

    @Test func anyAndNotReadAConfigAsADialogDoes() {
        let either = Visibility.any([.equals("a", "1"), .given("b")])
        #expect(either.holds(in: ["a": "1"]) && either.holds(in: ["b": "x"]))
        #expect(!either.holds(in: ["a": "2"]) && !either.holds(in: ["b": ""]))
        #expect(either.answer["operator"] == "or")
        #expect(either.sentence == "a is 1 or b is given")
    }
}
