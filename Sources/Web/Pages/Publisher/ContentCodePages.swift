import Accounts
import Hummingbird
import HummingbirdCore
import Integrations
import Storage

/// The code to paste: for each data source of a content a small app that shows what it gives the viewer.
struct ContentCodePages {
    /// Where an app is started while nobody has said where it runs.
    private static let usual = "http://127.0.0.1:9001"

    func add(to doors: PageDoors) {
        doors.get("content/{guid}/code", for: Publisher.self) { visit, publisher in try await code(visit, publisher) }
    }

    private func code(_ visit: Visit, _ publisher: Publisher) async throws -> Response {
        let guid = try visit.guid(what: "content")
        let query = try visit.query()
        let key = query["app"] ?? CodeApp.all[0].key
        // For whoever is about to attach a second data source.
        let namesSource = query["audience"] == "1"
        guard let app = CodeApp.named(key) else {
            throw Refusal.invalid("app", "There is code for \(CodeApp.all.map(\.key).joined(separator: ", ")).")
        }
        let content = try await visit.tenant.contents.editable(guid, by: publisher.caller)
        let entries = try await visit.tenant.associations.of(content: guid, for: publisher.caller)
        let samples = Self.samples(
            entries.map(\.association.integration), visit.tenant.integrations, namingSource: namesSource)
        let path = visit.path(ContentTab.code.path(of: guid))
        let upstream = Self.place(content.upstreamURL ?? Self.usual)
        let command = app.command.replacing("{host}", with: upstream.host).replacing("{port}", with: upstream.port)
        var more: [String] = []
        for package in samples.flatMap({ $0.packages(app) }) where !more.contains(package) { more.append(package) }
        return visit.page(
            "content-code", of: content, .code,
            [
                "apps": .list(
                    CodeApp.all.map {
                        [
                            "label": .text($0.label),
                            "address": .text("\(path)?app=\($0.key)" + (namesSource ? "&audience=1" : "")),
                            "is_current": .flag($0.key == app.key),
                        ]
                    }),
                "file": .text(app.file), "installation": .text(app.installation(more)),
                "samples": .list(
                    samples.map { sample in
                        [
                            "name": .text(sample.integration.name),
                            "provider": .text(Template.named(sample.integration.template)?.name ?? ""),
                            "code": .text(
                                sample.text(
                                    app, visit.services.pages,
                                    isAtRoot: visit.services.world.address.hasOriginPerContent)),
                        ]
                    }),
                "guid": .text(guid.description), "server": .text(visit.services.world.address.base),
                "command": .text(command), "has_upstream": .flag(content.upstreamURL != nil),
                "proposal": .text("http://\(upstream.host):\(upstream.port)"),
            ])
    }

    private static func samples(
        _ integrations: [IntegrationRecord], _ catalog: IntegrationCatalog, namingSource: Bool
    ) -> [CodeSample] {
        let given = integrations.map { ($0, catalog.guidance($0).environment) }
        let disputed = RuntimeEnvironment.disputed(given.map(\.1))
        return given.map {
            CodeSample(
                integration: $0, environment: $1, isOneOfSeveral: namingSource || integrations.count > 1,
                disputed: disputed)
        }
    }

    /// Where a command has to listen so that it is found at its upstream: on another machine it listens to all.
    private static func place(_ upstream: String) -> (host: String, port: String) {
        let parts = upstream.split(separator: ":")
        let port = parts.last.map(String.init) ?? ""
        if upstream.contains("://[::1]:") { return ("::1", port) }
        let isHere = ["127.0.0.1", "localhost"].contains { upstream.contains("://\($0):") }
        return (isHere ? "127.0.0.1" : "0.0.0.0", port)
    }
}
