public import Cryptography
import JSON
public import Storage

/// The environment variables of content: what its publisher wants it to have, such as passwords of databases.
///
/// Values are sealed on their way in and revealed to nobody but whoever starts the content.
public struct EnvironmentVariables: Sendable {
    let account: OpenAccount
    let clock: WallClock
    let contents: Contents
    /// Which variables the data sources of a content set, and the name of the data source.
    public let provided: @Sendable (_ content: GUID) async throws(Refusal) -> [String: String]

    /// The variables of an account's content.
    ///
    /// - Parameter provided: which variables the data sources of a content set, and the name of the data source.
    public init(
        account: OpenAccount, clock: WallClock, contents: Contents,
        provided: @escaping @Sendable (_ content: GUID) async throws(Refusal) -> [String: String]
    ) {
        self.account = account
        self.clock = clock
        self.contents = contents
        self.provided = provided
    }

    /// What is to become of one variable.
    public struct Change: Sendable {
        /// Which variable.
        public let name: String
        /// What it shall be; nil: it shall not be.
        public let value: SecretString?

        /// A change with these values.
        public init(name: String, value: SecretString?) {
            self.name = name
            self.value = value
        }
    }

    /// The most variables in one change. The quota `variablesPerContent` limits how many a content has.
    public static let maximumCount = 1000
    /// So many UTF-8 bytes a value can have.
    public static let maximumValue = 64 * 1024
    private static let maximumName = 255
    /// What a name looks like, for programs: a regular expression for the whole text.
    public static let namePattern = "[A-Za-z_][A-Za-z0-9_]{0,\(maximumName - 1)}"

    /// What content finds out about itself: given by Gatehouse, so not the publisher's to set.
    public static let reservedNames: Set<String> = [
        "CONNECT_SERVER", "CONNECT_API_KEY", "CONNECT_CONTENT_GUID", "POSIT_PRODUCT", "CONNECT_CONTENT_SESSION_TOKEN",
        "CONNECT_CONTENT_SESSION_TOKEN_FILE",
    ]

    /// The names of a content's variables, in alphabetical order. Content learns none of them by a key that it holds.
    public func names(of content: GUID, for publisher: Publisher) async throws(Refusal) -> [String] {
        _ = try await contents.editable(content, by: publisher.caller)
        return try await stored(content).map(\.name)
    }

    /// Changes variables, all of them or none, and answers the names that there are then.
    ///
    /// - Parameter replacing: whether those that are not named go.
    public func change(
        _ changes: [Change], of content: GUID, replacing: Bool, by publisher: Publisher
    ) async throws(Refusal) -> [String] {
        guard changes.count <= Self.maximumCount else {
            throw Refusal(
                .parameter, "The list names \(changes.count) variables: send \(Self.maximumCount) at most at a time.")
        }
        _ = try await contents.changeable(content, by: publisher)
        let provided = try await self.provided(content)
        var names: Set<String> = []
        var variables: [EnvironmentVariableRecord] = []
        for change in changes {
            try Self.check(change)
            guard names.insert(change.name).inserted else {
                throw .invalid("name", "The list names \(change.name) twice: name each variable once.")
            }
            // One that is there already can be removed.
            guard let value = change.value else { continue }
            if let source = provided[change.name] {
                throw .invalid(
                    "name",
                    "\(change.name) is set by the data source \(source) of this content, whose value counts: choose another name, or detach the data source."
                )
            }
            variables.append(.init(name: change.name, sealedValue: try seal(value, change.name, of: content)))
        }
        let set = variables.map(\.name).sorted()
        let removed = changes.filter { $0.value == nil }.map(\.name)
        let event = publisher.change(
            .environmentChanged, of: content, at: clock.now,
            details: ["set": .array(set.map(JSON.string)), "replaced_all": .bool(replacing)]
        )
        let new = variables
        try await attempt { () throws(StoreError) in
            try await account.store.changeEnvironmentVariables(
                of: content, setting: new, removing: removed, replacing: replacing, noting: event)
        }
        return try await stored(content).map(\.name)
    }

    /// The variables with their values, for whoever starts the content. Whether somebody may is the caller's to judge.
    public func reveal(of content: GUID) async throws(Refusal) -> [(name: String, value: SecretString)] {
        try await stored(content).map { variable throws(Refusal) in
            do throws(CryptographyError) {
                return (
                    variable.name, try account.vault.open(variable.sealedValue, at: Self.place(variable.name, content))
                )
            } catch {
                throw Refusal(
                    .internalFailure, "A variable cannot be opened: set \(variable.name) again.",
                    cause: "a sealed value of environment_variable does not open"
                )
            }
        }
    }

    private func stored(_ content: GUID) async throws(Refusal) -> [EnvironmentVariableRecord] {
        try await attempt { () throws(StoreError) in try await account.store.environmentVariables(of: content) }
    }

    private func seal(_ value: SecretString, _ name: String, of content: GUID) throws(Refusal) -> [UInt8] {
        do { return try account.vault.seal(value, at: Self.place(name, content)) } catch {
            throw Refusal(
                .internalFailure, "Something failed on this server: tell its operator the correlation id.",
                cause: "a value of environment_variable cannot be sealed"
            )
        }
    }

    private static func place(_ name: String, _ content: GUID) -> Vault.Place {
        .init(table: "environment_variable", column: "value", row: "\(content)/\(name)")
    }

    private static func check(_ change: Change) throws(Refusal) {
        let isName = change.name.utf8.enumerated().allSatisfy { position, byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
                || position > 0 && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...maximumName).contains(change.name.utf8.count), isName else {
            throw .invalid(
                "name",
                "A variable's name has letters, digits and underscores, no digit first, \(maximumName) of them at most."
            )
        }
        guard !reservedNames.contains(change.name) else {
            throw .invalid("name", "\(change.name) is set by Gatehouse itself: choose another name.")
        }
        guard let value = change.value else { return }
        // One that is there already can be removed.
        if let effect = ProtectedVariables.effect(of: change.name) {
            throw .invalid(
                "name",
                "\(change.name) \(effect), so it is not the content's to set: choose another name, or set it where the content is started."
            )
        }
        guard value.utf8Count <= maximumValue else {
            throw .invalid("value", "The value of \(change.name) is too long: \(maximumValue) bytes at most.")
        }
        if let effect = ProtectedVariables.effect(ofValue: value) {
            throw .invalid(
                "value",
                "\(change.name) \(effect), so it is not the content's to set: set it where the content is started."
            )
        }
        guard value.withUnsafeBytes({ !$0.contains(0) }) else {
            throw .invalid("value", "The value of \(change.name) has a NUL character, which no environment can hold.")
        }
    }
}
