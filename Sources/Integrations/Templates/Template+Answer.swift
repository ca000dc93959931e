public import JSON

extension Template {
    /// The template in the API's words.
    public var answer: JSON {
        let listed = settings.filter(\.isListed)
        func answers(areOptions: Bool) -> JSON {
            // Options and fields are ordered among each other.
            .array(
                listed.enumerated().filter { $1.isOption == areOptions }.map { $1.answer(order: Int64($0 + 1)) })
        }
        return [
            "id": .string(key), "name": .string(name), "description": .string(description),
            "sections": .array(sections.enumerated().map { $1.answer(order: Int64($0 + 1)) }),
            "options": answers(areOptions: true), "fields": answers(areOptions: false),
            "environment_variables": .array(environment.map { .string($0.name) }),
        ]
    }

    /// A config as it is shown: without what the server found out by itself.
    public func shown(_ config: JSONObject) -> JSONObject {
        let derived = Set(settings.filter(\.isDerived).map(\.name))
        return JSONObject(config.filter { !derived.contains($0.key) }.map { ($0.key, $0.value) })
    }

    /// A config as people read it: what counts under the options chosen, in the order of the form, defaults included.
    public func overview(_ config: JSONObject) -> [(name: String, label: String, value: JSON, isDefault: Bool)] {
        let complete = complete(config)
        return settings.filter { !$0.isDerived && !$0.isSecret && $0.isVisible(in: complete) }.compactMap { setting in
            guard let value = complete[setting.name], !value.isNull, value.stringValue != "" else { return nil }
            return (setting.name, setting.label, value, config[setting.name] == nil)
        }
    }
}

extension Template.Section {
    fileprivate func answer(order: Int64) -> JSON {
        [
            "id": .integer(order), "order": .integer(order), "name": .string(name), "label": .string(label),
            "description": .string(description),
            "items": .array(settings.filter(\.isListed).map { .string($0.name) }),
        ]
    }
}
