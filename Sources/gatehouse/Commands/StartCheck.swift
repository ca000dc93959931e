import JSON
import Storage

/// What `serve` would refuse, found without changing anything.
struct StartCheck {
    /// A sentence for each thing that keeps the server from starting.
    let problems: [String]
    /// What an operator should know although it stops nothing.
    let notes: [String]
    /// How many accounts there are.
    let accounts: Int

    /// Looks at the machine and at the folder as `serve` would.
    init(_ configuration: ServerConfiguration, _ inherited: InheritedSockets) {
        let folder = DataFolder(path: configuration.dataPath)
        var (problems, notes, accounts): ([String], [String], Int) = ([], [], 0)
        func examine(_ look: () throws -> Void) {
            do { try look() } catch { problems.append(Failures.sentence(error)) }
        }
        examine { _ = try OpenFileLimit.obtained() }
        examine { try folder.requireUsable() }
        if !folder.isThere { notes.append("serve makes the data folder \(folder.path).") }
        examine {
            let keys = try configuration.masterKey.ring(for: folder, creating: false)
            try House.requireKeys(keys.ring, folder)
            accounts = try folder.accounts().count
            guard let file = keys.unsavedAt else { return }
            // In the data folder there is room when serve has made it.
            if file != folder.masterKeyPath { try Files.requireRoom(for: file) }
            notes.append("serve makes a master key at \(file).")
        }
        if let owner = folder.owner {
            notes.append("\(owner) serves this folder now, so the ports were not tried.")
        } else {
            examine { try Serve.Sockets(configuration, inherited).close() }
        }
        (self.problems, self.notes, self.accounts) = (problems, notes, accounts)
    }
}

extension CheckConfig {
    /// The settings, what was noted, and the verdict.
    static func answer(_ configuration: ServerConfiguration, _ check: StartCheck) -> JSON {
        let verdict: JSONObject = ["ok": true, "notes": .array(check.notes.map(JSON.string))]
        return .object(configuration.summary(accounts: check.accounts).merging(verdict))
    }

    /// The same in lines for people.
    static func lines(_ configuration: ServerConfiguration, _ check: StartCheck) -> String {
        let settings = configuration.summary(accounts: check.accounts).map {
            "\($0.key): \($0.value.stringValue ?? $0.value.text())"
        }
        return (settings + check.notes.map { "Note: \($0)" } + ["OK: serve can start with these settings."])
            .joined(separator: "\n")
    }
}
