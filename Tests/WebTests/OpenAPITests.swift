import Accounts
import Cryptography
import Glibc
import HTTPClient
import Integrations
import JSON
import Logging
import Storage
import Testing

@testable import Web

@Suite struct OpenAPITests {
    private static let methods = ["get", "post", "put", "patch", "delete"]

    private let routes: [WebRouter.Route]
    private let document: JSON

    init() throws {
        let services = try Self.services()
        routes = WebRouter.routes(services)
        document = OpenAPIDocument.make(address: services.world.address)
        rmdir(services.directory.folder.path)
    }

    private var described: Set<String> {
        var found: Set<String> = []
        for (path, item) in document["paths"]?.objectValue ?? [:] {
            for method in Self.methods where item[method] != nil { found.insert("\(method) \(path)") }
        }
        return found
    }

    private var operations: [JSON] {
        (document["paths"]?.objectValue ?? [:]).flatMap { _, item in Self.methods.compactMap { item[$0] } }
    }

    @Test func everyRouteIsDescribedAndEveryDescriptionIsARoute() {
        let prefix = APIRoutes.prefix
        let bare = routes.map { route in
            let path = route.path.hasPrefix(prefix + "/") ? String(route.path.dropFirst(prefix.utf8.count)) : route.path
            return "\(route.method.lowercased()) \(path.replacing("/**", with: "/{path}"))"
        }
        #expect(Set(bare).subtracting(described) == [], "routes that nothing describes")
        #expect(described.subtracting(bare) == [], "descriptions of no route")
    }

    @Test func whatStandsUnderBothPrefixesIsDescribedForBoth() {
        let paths = Set(routes.map { "\($0.method.lowercased()) \($0.path)" })
        for operation in Resource.all.flatMap(\.operations) {
            let isThere = paths.contains("\(operation.method.rawValue) \(APIRoutes.prefix)\(operation.path)")
            #expect(operation.hasPrefix == isThere, "\(operation.method.rawValue) \(operation.path)")
        }
    }

    @Test func everyReferenceLeadsSomewhere() {
        var references: Set<String> = []
        func collect(_ json: JSON) {
            if let reference = json["$ref"]?.stringValue { references.insert(reference) }
            for (_, value) in json.objectValue ?? [:] { collect(value) }
            for value in json.arrayValue ?? [] { collect(value) }
        }
        collect(document)
        #expect(!references.isEmpty)
        for reference in references {
            let names = reference.split(separator: "/").dropFirst().map(String.init)
            #expect(names.reduce(document as JSON?) { $0?[$1] } != nil, "\(reference)")
        }
    }

    @Test func everyOperationHasANameOfItsOwnAndSaysWhoMayAsk() {
        let names = operations.compactMap { $0["operationId"]?.stringValue }
        #expect(names.count == operations.count && Set(names).count == names.count)
        let roles = Set(Role.allCases.map(\.rawValue)).union(
            ["anyone", "signed-in browser", "publisher's browser", "administrator's browser", "Workbench session"])
        for operation in operations { #expect(roles.contains(operation["x-gatehouse-role"]?.stringValue ?? "")) }
    }

    @Test func anOperationWithAKeyCanBeRefusedForTheKey() throws {
        let user = try #require(document["paths"]?["/v1/oauth/integrations"]?["post"]?["responses"]?.objectValue)
        #expect(Set(user.keys).isSuperset(of: ["200", "400", "401", "403", "409", "413", "415", "503"]))
        #expect(user["404"] == nil && user["500"] == nil)
    }

    @Test func theCodesHaveWords() {
        #expect(ErrorCode.objectDoesNotExist.words == "object does not exist")
        #expect(ErrorCode.notJSON.words == "not json")
        #expect(ErrorCode.templateConfig.words == "template config")
    }

    private static func services() throws -> Services {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let path = "\(folder)/gatehouse-\(Hex.encode(SecureRandom.bytes(8)))"
        let world = World(
            clock: .system(), address: PublicAddress(base: "https://g.example", content: "https://apps.example"),
            outbound: OutboundPolicy(), transport: NoTransport(),
            upstreams: UpstreamPolicy(ownPort: nil) { _, _ in false },
            hasher: PasswordHasher(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let ring = MasterKeyRing.fresh()
        let directory = try AccountDirectory(folder: try DataFolder.make(at: path), ring: ring) {
            try Tenant($0, world: world)
        }
        return try Services(directory: directory, world: world, ring: ring)
    }
}

/// Nothing is to be called.
private struct NoTransport: HTTPTransport {
    func send(_ request: OutboundRequest) async throws(OutboundError) -> OutboundResponse {
        throw OutboundError(.notConnected, authority: request.url.authority)
    }
}

@Suite struct AllowedMethodsTests {
    private let allowed = AllowedMethods([
        .init(method: "GET", path: "/things"), .init(method: "POST", path: "/things"),
        .init(method: "GET", path: "/things/{guid}"), .init(method: "DELETE", path: "/things/{guid}"),
        .init(method: "POST", path: "/things/new"), .init(method: "GET", path: "/files/**"),
    ])

    @Test func anAddressSaysWhatItKnows() {
        #expect(allowed.methods(at: "/things") == "GET, HEAD, POST")
        #expect(allowed.methods(at: "/things/x") == "DELETE, GET, HEAD")
        #expect(allowed.methods(at: "/files/a/b") == "GET, HEAD")
    }

    @Test func whatIsWrittenGoesBeforeAParameter() { #expect(allowed.methods(at: "/things/new") == "POST") }

    @Test(arguments: ["/", "/nothing", "/things/a/b", "/files"])
    func whereThereIsNothingNothingIsSaid(_ path: String) { #expect(allowed.methods(at: path) == nil) }
}
