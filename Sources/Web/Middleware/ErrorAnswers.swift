import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import Logging
import NIOCore
import NIOHTTP1
import Storage
import Telemetry

/// The outermost layer: gives each request its correlation id and turns whatever goes wrong into a useful answer.
///
/// API paths get the API's error, everything else a page that says the same.
struct ErrorAnswers: RouterMiddleware {
    typealias Context = WebContext

    let services: Services
    let allowed: AllowedMethods

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        var context = context
        context.correlationID = CorrelationID.of(request.headers[.correlationID])
        context.sender = services.proxies.sender(peer: context.peer, forwardedFor: request.headers[.forwardedFor])
        // One id of a request is enough, and this one is in the answer too.
        context.logger[metadataKey: "hb.request.id"] = nil
        let asker = Asker(network: NetworkOrigin.network(of: context.sender?.address))
        let parser = BodyParser(workers: services.world.pools.parsing)
        var response = try await CorrelationScope.$id.withValue(context.correlationID) {
            let response = try await Asker.$current.withValue(asker) {
                try await BodyParser.$current.withValue(parser) { try await judged(request, context, next) }
            }
            RequestMeasurements.note(request, response, context, took: ContinuousClock.now - start)
            return response
        }
        response.headers[.correlationID] = context.correlationID
        response.headers[.xContentTypeOptions] = "nosniff"
        // Not `no-referrer`: browsers then send `Origin: null` with our own forms.
        response.headers[.referrerPolicy] = "same-origin"
        // No other site gets an answer into its process, as a picture or a script.
        response.headers[.resourcePolicy] = "same-origin"
        return response
    }

    private func judged(
        _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as NIOCore.ChannelError {
            throw error
        } catch {
            if let methods = methods(error, request) { return await notAllowed(methods, request, context) }
            return await answer(refusal(error, request, context), to: request, context)
        }
    }

    /// What the address knows, where it knows another method than was sent; nil where something else went wrong.
    private func methods(_ error: any Error, _ request: Request) -> String? {
        guard let error = error as? HTTPError, error.status == .notFound else { return nil }
        return allowed.methods(at: request.uri.path)
    }

    private func notAllowed(_ methods: String, _ request: Request, _ context: Context) async -> Response {
        let refusal = Refusal(.methodNotAllowed, "This address knows no \(request.method.rawValue), only \(methods).")
        var response = await answer(refusal, to: request, context)
        response.headers[.allow] = methods
        return response
    }

    private func answer(_ refusal: Refusal, to request: Request, _ context: Context) async -> Response {
        guard !Self.isForPrograms(request.uri.path) else { return .refusal(refusal) }
        var home = services.world.address.base + "/"
        // What failed here is not tried again.
        if refusal.code.status < 500, let tenant = await account(of: request) {
            let visitor = try? await services.visitor(request, context, at: tenant)
            if let visitor, let visit = Visit(visitor, request, context, services) { return visit.failure(refusal) }
            home = services.home(tenant)
        }
        return services.pages.failure(refusal, next: (home, Pages.backToStart))
    }

    /// The account whose page was asked for.
    private func account(of request: Request) async -> Tenant? {
        let steps = request.uri.path.split(separator: "/", maxSplits: 2)
        guard steps.count > 1, steps[0] == "accounts", let slug = AccountSlug(String(steps[1])),
            let tenant = try? await services.tenant(TenantFingerprint(of: slug)), tenant.account.slug == slug
        else { return nil }
        return tenant
    }

    /// Whether a program asks: everything under the API's two prefixes but the vendors' callback.
    static func isForPrograms(_ path: String) -> Bool {
        path.hasPrefix("/__api__/") || path == "/__ping__" || path == OpenAPIDocument.path || path == "/healthz"
            || path == "/readyz"
            || path.hasPrefix("/v1/") && path != PublicAddress.vendorCallback || path == "/server_settings"
            || path.hasPrefix("/.well-known/") || path.hasSuffix("/.well-known/openid-configuration")
            || path.hasSuffix("/oidc/jwks")
            || WorkbenchRoutes.paths.contains(path)
            || path.hasPrefix("/applications/")
    }

    private func refusal(_ error: any Error, _ request: Request, _ context: Context) -> Refusal {
        switch error {
        case let refusal as Refusal:
            // A loop is the content's fault, or of a header that anybody can send: no failure of this server.
            let isNoFailure =
                Services.unset.contains(refusal) || refusal.code == .refreshFailed
                || refusal.code == .upstreamLoop
            if refusal.code.status >= 500 && !isNoFailure {
                context.logger.error(
                    "a request failed",
                    metadata: ["code": "\(refusal.code.rawValue)", "cause": "\(refusal.cause ?? "")"]
                )
            }
            return refusal
        case let error as StoreError: return Refusal(error)
        case let error as HTTPError where error.status == .notFound:
            return Refusal(
                .objectDoesNotExist,
                Self.isForPrograms(request.uri.path)
                    ? "There is nothing at this address for \(request.method.rawValue)." : "There is no such page here."
            )
        case let error as HTTPError where error.status.code < 500:
            return Refusal(.parameter, "The request cannot be understood.")
        // The sender went away, or broke off in the middle; there is nobody to tell.
        case is HTTPParserError: return Refusal(.parameter, "The request ends too early.")
        default:
            // The error's text may hold what a caller sent, so only its type is logged.
            context.logger.error(
                "an unexpected error",
                metadata: ["type": "\(type(of: error))"]
            )
            return Refusal(.internalFailure, "Something failed on this server: tell its operator the correlation id.")
        }
    }
}

/// The id by which a request is found again in the log.
enum CorrelationID {
    /// The caller's own, where it is short and plain; otherwise a new one.
    static func of(_ sent: String?) -> String {
        guard let sent, isPlain(sent) else { return make() }
        return sent
    }

    /// Whether a caller's id may stand in an answer and in the log.
    static func isPlain(_ sent: String) -> Bool {
        (1...128).contains(sent.utf8.count) && sent.utf8.allSatisfy(isPlain)
    }

    /// A new one; it need be no secret.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let (high, low) = (generator.next() as UInt64, generator.next() as UInt64)
        return hex(high) + hex(low)
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        }
    }
}
