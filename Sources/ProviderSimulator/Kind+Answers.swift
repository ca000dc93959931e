import HTTPTypes
import Hummingbird
import JSON

extension Kind {
    /// The vendor's shape of an OAuth error.
    func errorBody(code: String, sentence: String) -> JSON {
        switch self {
        case .databricks, .generic:
            ["error": .string(code), "error_description": .string(sentence)]
        case .snowflake:
            // The sentence is in `message`; `code` is Snowflake's own number, often null.
            ["data": nil, "message": .string(sentence), "code": nil, "success": false, "error": .string(code)]
        }
    }

    /// The vendor's shape of an error of its data API.
    func apiErrorBody(code: String, sentence: String) -> JSON {
        switch self {
        case .databricks: ["error_code": .string(code), "message": .string(sentence)]
        case .snowflake: ["code": .string(code), "message": .string(sentence)]
        case .generic: ["error": .string(code), "error_description": .string(sentence)]
        }
    }

    /// The token endpoint's error answer (RFC 6749, section 5.2).
    func answer(_ refusal: OAuthRefusal, settings: Settings) -> Response {
        let body = errorBody(code: refusal.code.rawValue, sentence: refusal.sentence)
        let status: HTTPResponse.Status = refusal.code == .invalidClient ? .unauthorized : .badRequest
        var response = Self.response(body, settings, status: settings.errorWith200 ? .ok : status)
        if response.status == .unauthorized { response.headers[.wwwAuthenticate] = "Basic realm=\"oauth\"" }
        return response
    }

    /// The token endpoint's answer (RFC 6749, section 5.1).
    func answer(_ grant: Grant, settings: Settings) -> Response {
        var body: JSONObject = ["access_token": .string(grant.accessToken), "token_type": "Bearer"]
        switch settings.lifetimeForm {
        case .number: body["expires_in"] = .integer(settings.accessTokenSeconds)
        case .string: body["expires_in"] = .string(String(settings.accessTokenSeconds))
        case .missing: break
        }
        if let token = grant.refreshToken { body["refresh_token"] = .string(token) }
        if let token = grant.idToken { body["id_token"] = .string(token) }
        body["scope"] =
            settings.scopeAsArray
            ? .array(grant.scopes.map { .string($0) }) : .string(grant.scopes.joined(separator: " "))
        if self == .snowflake {
            if grant.refreshToken != nil {
                body["refresh_token_expires_in"] = .integer(settings.refreshTokenSeconds)
            }
            body["username"] = grant.username.map { .string($0.uppercased()) }
            body["idp_initiated"] = false
        }
        return Self.response(.object(body), settings, status: .ok)
    }

    private static func response(_ body: JSON, _ settings: Settings, status: HTTPResponse.Status) -> Response {
        guard settings.formEncodedAnswers, let object = body.objectValue else { return .json(body, status: status) }
        var form = Form()
        for (name, value) in object { form.append(name, value.formValue) }
        return .text(form.encoded, type: "application/x-www-form-urlencoded", status: status)
    }
}

extension JSON {
    /// The value as a form would carry it; nil for null.
    fileprivate var formValue: String? {
        switch self {
        case .null: nil
        case .string(let text): text
        case .array(let values): values.compactMap(\.formValue).joined(separator: " ")
        default: text()
        }
    }
}
