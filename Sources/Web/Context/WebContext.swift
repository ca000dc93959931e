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
    /// Whoever has a key, the content's own key included: for what content needs to read of itself and to exchange.
    let callerOrContent: Caller
    /// Everybody but a content with its own key.
    var caller: Caller { get throws(Refusal) { try Reader(callerOrContent).caller } }

    init(context: WebContext) throws {
        guard let identity = context.identity else {
            throw KeyAuthentication.missing
        }
        coreContext = context.coreContext
        tenant = identity.tenant
        callerOrContent = identity.caller
    }
}

/// A request of somebody who may read what publishers may read. Whether they may change it, each change asks.
struct PublisherContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let tenant: Tenant
    let reader: PublisherReader
    /// For changes.
    var publisher: Publisher { get throws(Refusal) { try Publisher(reader.caller) } }
    /// For the changes that a visitor's key may make too.
    var editor: ContentEditor { get throws(Refusal) { try ContentEditor(reader.caller) } }

    init(context: CallerContext) throws {
        reader = try PublisherReader(context.callerOrContent)
        coreContext = context.coreContext
        tenant = context.tenant
    }
}

/// A request of somebody who may read what administrators may read. Whether they may change it, each change asks.
struct AdministratorContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let tenant: Tenant
    let reader: AdministratorReader
    /// For changes.
    var administrator: Administrator { get throws(Refusal) { try Administrator(reader.caller) } }

    init(context: CallerContext) throws {
        reader = try AdministratorReader(context.callerOrContent)
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
