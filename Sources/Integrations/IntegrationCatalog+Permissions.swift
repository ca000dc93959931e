public import Accounts
public import Storage

extension IntegrationCatalog {
    /// The records for those who may attach an integration.
    func permissions(_ principals: [Principal], of guid: GUID) async throws(Refusal) -> [IntegrationPermissionRecord] {
        guard Set(principals).count == principals.count else {
            throw .invalid("permissions", "permissions names somebody twice.", code: .duplicates)
        }
        guard !principals.isEmpty else { return [] }
        let unknown = try await attempt { () throws(StoreError) in try await account.store.unknown(among: principals) }
        guard unknown.isEmpty else {
            throw .invalid("permissions", "permissions must name users and groups of this account.")
        }
        return principals.map {
            IntegrationPermissionRecord(guid: account.makeGUID(), integrationGUID: guid, principal: $0)
        }
    }

    /// The permissions that take the place of an integration's; nil where nothing was said, or nothing new.
    func newPermissions(_ principals: [Principal]?, _ entry: Entry) async throws(Refusal)
        -> [IntegrationPermissionRecord]?
    {
        guard let principals else { return nil }
        let records = try await permissions(principals, of: entry.integration.guid)
        return Set(principals) == Set(entry.permissions.map(\.principal)) ? nil : records
    }
}

extension IntegrationCatalog {
    /// So often a change of the list is tried anew where somebody else changes the integration at the same time.
    private static let attempts = 3

    /// Lets somebody attach an integration; where every publisher could, only who is listed can from now on.
    public func permit(_ principal: Principal, on guid: GUID, by admin: Administrator) async throws(Refusal) {
        try await changePermissions(of: guid, by: admin) { $0.contains(principal) ? $0 : $0 + [principal] }
    }

    /// Takes somebody off the list of those who may attach an integration.
    ///
    /// - Throws: `Refusal` 229 where the list would be empty, which means everybody: that is said outright or not at all.
    public func forbid(_ principal: Principal, on guid: GUID, by admin: Administrator) async throws(Refusal) {
        try await changePermissions(of: guid, by: admin) { principals throws(Refusal) in
            let left = principals.filter { $0 != principal }
            guard !left.isEmpty || principals.isEmpty else {
                throw .invalid(
                    "permissions",
                    "Without the last of the list everybody who publishes could attach it: choose somebody else first, or let everybody.",
                    code: .prohibitedChange)
            }
            return left
        }
    }

    /// Lets every publisher attach an integration.
    public func permitEverybody(on guid: GUID, by admin: Administrator) async throws(Refusal) {
        try await changePermissions(of: guid, by: admin) { _ in [] }
    }

    private func changePermissions(
        of guid: GUID, by admin: Administrator, _ change: ([Principal]) throws(Refusal) -> [Principal]
    ) async throws(Refusal) {
        for attempt in 1...Self.attempts {
            let entry = try await entry(guid)
            let before = entry.permissions.map(\.principal)
            var fields = Fields()
            fields.permissions = try change(before)
            fields.version = entry.integration.version
            guard fields.permissions != before else { return }
            do throws(Refusal) {
                _ = try await update(guid, fields, by: admin)
                return
            } catch {
                guard error.isChangedMeanwhile, attempt < Self.attempts else { throw error }
            }
        }
    }
}

extension Refusal {
    /// Somebody else was first.
    static let changedMeanwhile = Refusal.invalid(
        "version", "Somebody else changed this at the same time: read it again and repeat your change.",
        code: .prohibitedChange)

    /// Whether it was refused because somebody else was first.
    public var isChangedMeanwhile: Bool { code == .prohibitedChange && (field == "version" || field == nil) }
}
