import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// Trying a data source out: a real login, or real credentials, of which nothing is kept.
struct DataSourceTestPages {
    private let pages = DataSourcePages()

    func add(to doors: PageDoors) {
        doors.get("integrations/{guid}/test", for: Administrator.self) { visit, _ in try await page(visit) }
        doors.get("integrations/{guid}/test/log-in", for: Administrator.self) { visit, admin in
            try await logIn(visit, admin)
        }
        doors.post("integrations/{guid}/test", for: Administrator.self) { visit, admin, _ in
            try await ask(visit, admin)
        }
    }

    private func page(_ visit: Visit) async throws -> Response {
        let integration = try await pages.integration(visit)
        if let done = try await visit.services.loginTests.find(for: visit), done.integration == integration.guid {
            return DataSourceReport(done).page(visit)
        }
        let request = visit.tenant.logins.request(integration)
        let guidance = visit.tenant.integrations.guidance(integration)
        var values = DataSourcePages.common(visit, integration)
        values["is_late"] = .flag(try visit.query()[DataSourceReport.parameter] != nil)
        values["is_login"] = .flag(request != nil)
        values["is_own"] = .flag(request == nil && integration.canTestWithoutLogin)
        values["is_visitors"] = .flag(request == nil && !integration.canTestWithoutLogin)
        values["host"] = .text(request?.host ?? "")
        values["client"] = .text(request?.client ?? "")
        values["scopes"] = .list((request?.scopes ?? []).map { ["text": .text($0)] })
        values["copy_text"] = .text(guidance.redirectURI ?? "")
        values["copy_label"] = .text("the redirect URI")
        return visit.page("data-source-test", title: "Test \(integration.name)", in: .integrations, values)
    }

    /// To the provider, and back to the callback, which leads to the report.
    private func logIn(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let guid = try visit.guid(what: "integration")
        // Where another site sends a browser here, whoever sits before it is asked first.
        guard !FetchMetadata(visit.request.headers).isForeign(to: visit.services.world.address.base) else {
            return visit.seeOther("integrations/\(guid)/test")
        }
        let beginning = try await visit.tenant.logins.beginTest(of: guid, for: visit.identity, by: admin)
        var response = Response.found(beginning.location)
        let cookies = visit.services.cookies
        response.headers[.setCookie] = cookies.set(
            cookies.login(beginning.cookieSuffix), beginning.cookieSecret, lifetime: LoginFlows.lifetime)
        return response
    }

    private func ask(_ visit: Visit, _ admin: Administrator) async throws -> Response {
        let integration = try await pages.integration(visit)
        do throws(Refusal) {
            let lifetime = try await visit.tenant.verification.test(integration, by: admin)
            return DataSourceReport(integration: integration.guid, name: integration.name, lifetime: lifetime)
                .page(visit)
        } catch {
            // 502 and 503 of ours are no report; what the provider says is.
            guard error.code.status < 500 else { throw error }
            return DataSourceReport(integration: integration.guid, name: integration.name, refusal: error)
                .page(visit, status: .badRequest)
        }
    }
}
