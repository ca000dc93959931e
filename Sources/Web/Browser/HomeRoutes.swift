import Accounts
import Cryptography
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import JSON
import OAuthClient
import Storage

/// An account's pages for those who are signed in: my connections, and Add Data Source for administrators.
struct HomeRoutes {
    let services: Services

    func add(to router: RouterGroup<WebContext>) {
        router.get("/accounts/{account}") { request, context in try await home(request, context) }
        router.get("/accounts/{account}/integrations/new") { request, context in
            try await administrator(request, context) { visitor, _ in
                newDataSource(visitor, try request.query(), error: nil)
            }
        }
        router.post("/accounts/{account}/integrations/new") { request, context in
            try await administrator(request, context) { visitor, admin in
                try await addDataSource(request, visitor, admin)
            }
        }
        router.get("/accounts/{account}/integrations/{guid}") { request, context in
            try await administrator(request, context) { visitor, _ in try await dataSource(context, visitor) }
        }
    }

    private func home(_ request: Request, _ context: WebContext) async throws -> Response {
        let visitor = try await services.visitor(request, context, at: try await services.tenant(inPathOf: context))
        guard let identity = visitor.identity, let secret = visitor.secret else { return signInFirst(request, visitor) }
        let entries = try await visitor.tenant.integrations.all()
        let sessions = try await visitor.tenant.sessions.own(identity.caller)
        let isAdmin = identity.caller.role == .administrator
        let home = "/accounts/\(visitor.slug)/"
        // What nobody logs in to is for administrators alone to see here.
        let rows = entries.filter { isAdmin || $0.integration.hasLogin }.map { entry -> [String: PageValue] in
            let integration = entry.integration
            let session = sessions.first { $0.integrationGUID == integration.guid }
            let path = "/__oauth__/integrations/\(integration.guid)"
            return [
                "name": .text(integration.name), "description": .text(integration.description),
                "has_description": .flag(!integration.description.isEmpty),
                "provider": .text(Template.named(integration.template)?.name ?? integration.template),
                "is_connected": .flag(session != nil && session?.needsLogin == nil),
                "must_log_in_again": .flag(session?.needsLogin != nil),
                "since": .text(session.map(\.createdAt.description) ?? ""),
                "login": .text(path + "/login?redirect=" + FormEncoding.encode(home)),
                "logout": .text(path + "/logout"),
                "has_session": .flag(session != nil), "has_login": .flag(integration.hasLogin),
                "auth_type": .text(integration.authType),
                "details": .text(home + "integrations/\(integration.guid)"), "is_admin": .flag(isAdmin),
            ]
        }
        return services.pages.page(
            "home", title: "My connections",
            [
                "account": .text(visitor.slug), "email": .text(identity.user.email), "is_admin": .flag(isAdmin),
                "integrations": .list(rows), "is_empty": .flag(rows.isEmpty),
                "csrf_token": .text(services.forms.token(secret)),
            ]
        )
    }

    private func newDataSource(_ visitor: Visitor, _ typed: [String: String], error: Refusal?) -> Response {
        let template = typed["template"].flatMap(Template.named) ?? .named("databricks")
        let choices = Template.all.map { choice -> [String: PageValue] in
            ["key": .text(choice.key), "name": .text(choice.name), "is_chosen": .flag(choice.key == template?.key)]
        }
        let fields = (template?.dialog ?? []).map { field -> [String: PageValue] in
            [
                "name": .text(field.name), "label": .text(field.label), "description": .text(field.description),
                "type": .text(field.isSecret ? "password" : "text"), "is_multiline": .flag(field.isMultiline),
                "condition": .text(field.condition), "has_condition": .flag(!field.condition.isEmpty),
                "value": .text(field.isSecret ? "" : typed[field.name] ?? field.defaultValue),
                "is_choice": .flag(!field.choices.isEmpty), "is_required": .flag(field.isRequired),
                "choices": .list(
                    field.choices.map {
                        ["value": .text($0), "is_chosen": .flag($0 == (typed[field.name] ?? field.defaultValue))]
                    }
                ),
                "error": .text(field.isNamed(error?.field) ? error?.message ?? "" : ""),
                "has_error": .flag(field.isNamed(error?.field)),
            ]
        }
        let isOwn = error?.field == "name" || error?.field == "description"
        let isElsewhere = error != nil && !isOwn && !(template?.dialog.contains { $0.isNamed(error?.field) } ?? false)
        return services.pages.page(
            "new-data-source", title: "Add Data Source",
            [
                "account": .text(visitor.slug), "templates": .list(choices), "template": .text(template?.key ?? ""),
                "fields": .list(fields), "data_source_name": .text(typed["name"] ?? ""),
                "data_source_description": .text(typed["description"] ?? ""),
                "name_error": .text(error?.field == "name" ? error?.message ?? "" : ""),
                "has_name_error": .flag(error?.field == "name"),
                "description_error": .text(error?.field == "description" ? error?.message ?? "" : ""),
                "has_description_error": .flag(error?.field == "description"),
                "error": .text(isElsewhere ? error?.message ?? "" : ""), "has_error": .flag(isElsewhere),
                "redirect_uri": .text(template.flatMap { services.world.address.expectedRedirectURI($0) } ?? ""),
                "has_login": .flag(template?.hasLogin ?? true),
                "csrf_token": .text(visitor.secret.map(services.forms.token) ?? ""),
            ],
            status: error.map { .init(code: $0.code.status) } ?? .ok
        )
    }

    private func addDataSource(_ request: Request, _ visitor: Visitor, _ admin: Administrator) async throws -> Response
    {
        let form = try await request.form()
        try services.forms.check(form, visitor.secret, request.headers)
        var fields = IntegrationCatalog.Fields()
        fields.name = form["name"]
        fields.description = form["description"]
        var config: JSONObject = [:]
        let own: Set<String> = ["name", "description", "template", FormGuard.field]
        // What was left as it stood says nothing where something else stands there under other options.
        let unsaid = Dictionary(
            (Template.named(form["template"] ?? "")?.dialog ?? []).filter(\.hasOtherDefaults).map {
                ($0.name, $0.defaultValue)
            }
        ) { first, _ in first }
        for (name, value) in form where !own.contains(name) && !value.isEmpty && unsaid[name] != value {
            config[name] = .string(value)
        }
        fields.config = config
        do throws(Refusal) {
            let entry = try await visitor.tenant.integrations.create(
                template: form["template"] ?? "", fields, by: admin)
            return .seeOther("/accounts/\(visitor.slug)/integrations/\(entry.integration.guid)")
        } catch {
            guard error.code.status < 500 else { throw error }
            return newDataSource(visitor, form, error: error)
        }
    }

    private func dataSource(_ context: WebContext, _ visitor: Visitor) async throws -> Response {
        let catalog = visitor.tenant.integrations
        let entry = try await catalog.entry(try context.guid("guid", of: visitor.tenant, what: "integration"))
        let integration = entry.integration
        let guidance = catalog.guidance(integration)
        let template = Template.named(integration.template)
        let config = (template?.shown(integration.config) ?? integration.config).map {
            key, value -> [String: PageValue] in
            ["name": .text(key), "value": .text(value.stringValue ?? value.text())]
        }
        return services.pages.page(
            "data-source", title: integration.name,
            [
                "account": .text(visitor.slug), "name": .text(integration.name),
                "guid": .text(integration.guid.description),
                "description": .text(integration.description),
                "has_description": .flag(!integration.description.isEmpty),
                "has_secret": .flag(integration.sealedSecret != nil),
                "provider": .text(template?.name ?? integration.template),
                "secret_name": .text(template?.secretName(integration.config) ?? ""),
                "redirect_uri": .text(guidance.redirectURI ?? ""),
                "has_redirect_uri": .flag(guidance.redirectURI != nil),
                "content_count": .text(String(entry.contentCount)), "config": .list(config),
                "warnings": .list(guidance.warnings.map { ["text": .text($0)] }),
            ]
        )
    }

    private func administrator(
        _ request: Request, _ context: WebContext, _ handle: (Visitor, Administrator) async throws -> Response
    ) async throws -> Response {
        let visitor = try await services.visitor(request, context, at: try await services.tenant(inPathOf: context))
        guard let identity = visitor.identity else { return signInFirst(request, visitor) }
        return try await handle(visitor, try Administrator(identity.caller))
    }

    private func signInFirst(_ request: Request, _ visitor: Visitor) -> Response {
        .seeOther(services.signInAddress(visitor.tenant, returnTo: request.uri.string))
    }
}
