import Accounts
import JSON
import Storage

extension Operation {
    /// The Operation Object of OpenAPI 3.1.
    func json(tag: String) -> JSON {
        var object: JSONObject = [
            "operationId": .string(identifier), "summary": .string(summary), "tags": [.string(tag)],
            "x-gatehouse-role": .string(access.word), "security": security,
        ]
        let named = Set(parameters.filter { $0.place == .path }.map(\.name))
        let parameters = pathParameters.filter { !named.contains($0) }.map(Self.parameter) + self.parameters
        if !parameters.isEmpty { object["parameters"] = .array(parameters.map(\.json)) }
        if let body { object["requestBody"] = body.json }
        object["responses"] = .object(responses)
        return .object(object)
    }

    /// Unique, because the router has each method and path once.
    private var identifier: String {
        ([method.rawValue] + documentedPath.split { !$0.isLetter && !$0.isNumber }.map(String.init))
            .joined(separator: "_")
    }

    private var security: JSON {
        switch access {
        case .key: [["key": []]]
        case .anyone: []
        case .browser, .publishersBrowser, .administratorsBrowser: [["browser": []]]
        case .workbench: [["workbench": []]]
        }
    }

    private var responses: JSONObject {
        var responses: JSONObject = [:]
        for answer in answers { responses[String(answer.status)] = answer.json }
        for (status, codes) in Dictionary(grouping: allRefusals, by: \.status).sorted(by: { $0.key < $1.key }) {
            let refused = Answer.refusal(status, codes, isForPrograms: isForPrograms)
            // A form that was not accepted is shown again, with the status of the reason.
            if responses[String(status)] == nil { responses[String(status)] = refused.json }
        }
        return responses
    }

    private static func parameter(named name: String) -> Parameter {
        let schema: Schema =
            switch name {
            case "guid": .guid
            case "id": .id
            case "account": .slug
            case "key": .template
            default: .text
            }
        return Parameter(name: name, place: .path, schema: schema, isRequired: true)
    }
}

extension Parameter {
    fileprivate var json: JSON {
        [
            "name": .string(name), "in": .string(place.rawValue), "required": .bool(isRequired),
            "schema": .object(schema.json),
        ]
    }
}

extension Body {
    fileprivate var json: JSON {
        var isRequired = true
        var content: JSONObject = [:]
        switch self {
        case .json(let schema, let required):
            isRequired = required
            content["application/json"] = ["schema": .object(schema.json)]
        case .form(let schema): content["application/x-www-form-urlencoded"] = ["schema": .object(schema.json)]
        case .archive(let form):
            content["application/gzip"] = [:]
            content["multipart/form-data"] = ["schema": .object(form.json)]
        }
        return ["required": .bool(isRequired), "content": .object(content)]
    }
}

extension Answer {
    /// A refusal with one of these codes, which all have that status.
    fileprivate static func refusal(_ status: Int, _ codes: [ErrorCode], isForPrograms: Bool) -> Answer {
        let reasons = codes.map { "\($0.words) (\($0.rawValue))" }.joined(separator: ", ")
        let numbers = codes.map { JSON.integer(Int64($0.rawValue)) }
        let error: JSON = ["properties": ["code": ["enum": .array(numbers)]]]
        var answer: Answer =
            isForPrograms
            ? .json(
                Schema(["allOf": [.object(Schema.ref("Error").json), error]]), "Refused: \(reasons).", status: status)
            : .page("A page that says why: \(reasons).", status: status)
        if codes.contains(where: { [.tooManyRequests, .refreshFailed].contains($0) }) {
            answer.headers = [
                Header(
                    name: "Retry-After", schema: .integer(from: 0),
                    description: "After how many seconds it makes sense to try again.", isRequired: false)
            ]
        }
        return answer
    }

    fileprivate var json: JSON {
        var headers: JSONObject = ["X-Correlation-ID": ["$ref": "#/components/headers/CorrelationID"]]
        for header in self.headers {
            headers[header.name] = [
                "description": .string(header.description), "required": .bool(header.isRequired),
                "schema": .object(header.schema.json),
            ]
        }
        var object: JSONObject = ["description": .string(description), "headers": .object(headers)]
        let content = [media, alternative].compactMap { $0 }.map { media in
            (media, ["schema": .object((schema ?? .anything).json)] as JSON)
        }
        if !content.isEmpty { object["content"] = .object(JSONObject(content)) }
        return .object(object)
    }
}
