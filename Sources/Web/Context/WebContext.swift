import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Logging
import NIOCore
import Storage

/// What every request carries.
struct WebContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection.
    let peer: String?
    var correlationID = ""
    /// The address of whoever sent the request; `ErrorAnswers` sets it.
    var sender: TrustedProxies.Sender?
    /// Set by `KeyAuthentication`.
    var identity: Identity?

    struct Identity: Sendable {
        let tenant: Tenant
        let caller: Caller
    }

    init(source: Source) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress
    }

    /// From where a request came, for the audit and for what is counted per address.
    func origin(of request: Request, _ door: Origin.Door) -> Origin {
        Origin(door, address: sender?.address, correlationID: correlationID)
    }
}

/// A request whose key was accepted. The types below say what its role is good for: a handler in their group gets the
/// proof, and cannot be reached without.
struct CallerContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let tenant: Tenant
    let caller: Caller

    init(context: WebContext) throws {
        guard let identity = context.identity else {
            throw KeyAuthentication.missing
        }
        coreContext = context.coreContext
        tenant = identity.tenant
        caller = identity.caller
    }
}

/// A request of a publisher or administrator.
struct PublisherContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let tenant: Tenant
    let publisher: Publisher

    init(context: CallerContext) throws {
        publisher = try Publisher(context.caller)
        coreContext = context.coreContext
        tenant = context.tenant
    }
}

/// A request of an administrator.
struct AdministratorContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let tenant: Tenant
    let administrator: Administrator

    init(context: CallerContext) throws {
        administrator = try Administrator(context.caller)
        coreContext = context.coreContext
        tenant = context.tenant
    }
}

extension RequestContext {
    /// A GUID of the path; one of another account, or none at all, is as good as an unknown one.
    func guid(_ name: String, of tenant: Tenant, what: String) throws(Refusal) -> GUID {
        let guid = try guid(name, what: what)
        guard guid.tenant == tenant.account.fingerprint else { throw .notFound(what) }
        return guid
    }

    func guid(_ name: String, what: String) throws(Refusal) -> GUID {
        guard let text = parameters.get(name), let guid = GUID(text) else { throw .notFound(what) }
        return guid
    }

    /// A numeric id of the path.
    func id(_ name: String, what: String) throws(Refusal) -> Int64 {
        guard let text = parameters.get(name), let id = Int64(text), id > 0 else { throw .notFound(what) }
        return id
    }
}
