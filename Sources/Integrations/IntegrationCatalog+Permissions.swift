import Accounts
import Storage

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
