import Cryptography
import GRDB

extension SQLiteStore {
    func require(_ premises: [Premise], at now: Timestamp) async throws(StoreError) {
        try await read { db in try Self.require(premises, at: now, in: db) }
    }

    /// - Throws: `StoreError` `lapsed` for the first premise that does not hold.
    static func require(_ premises: [Premise], at now: Timestamp, in db: Database) throws {
        for premise in premises {
            if let lapse = try premise.lapse(at: now, in: db) {
                throw StoreError(.lapsed(lapse), "what allowed this does not hold any more")
            }
        }
    }
}

extension Premise {
    /// Why it does not hold; nil where it does.
    fileprivate func lapse(at now: Timestamp, in db: Database) throws -> Lapse? {
        func exists(_ sql: String, _ arguments: StatementArguments) throws -> Bool {
            let statement = try db.cachedStatement(sql: "SELECT EXISTS (\(sql))")
            return try Bool.fetchOne(statement, arguments: arguments) ?? false
        }
        switch self {
        case .active(let guid, let role):
            guard let user = try UserRecord.fetch(guid, in: db), !user.isLocked else { return .locked }
            return user.role >= role ? nil : .right
        case .key(let id):
            return try exists(
                "SELECT 1 FROM api_key WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)", [id, now.seconds])
                ? nil : .credential
        case .browserSession(let hash):
            return try BrowserSessionRecord.fetch(hash, at: now, in: db) != nil ? nil : .credential
        case .workbenchSession(let hash):
            return try exists(
                "SELECT 1 FROM workbench_session WHERE hash = ? AND expires_at > ?", [hash.data, now.seconds])
                ? nil : .credential
        case .editor(let guid, let userGUID, let role):
            guard let content = try ContentRecord.fetch(guid, in: db) else { return .gone }
            guard let user = try UserRecord.fetch(userGUID, in: db) else { return .locked }
            let mayEdit = content.isEditable(
                by: userGUID, as: min(role, user.role),
                permissions: try ContentPermissionRecord.fetchAll(of: guid, in: db),
                groups: try Membership.groups(of: userGUID, in: db))
            return mayEdit ? nil : .right
        case .owner(let guid, let userGUID):
            guard let content = try ContentRecord.fetch(guid, in: db) else { return .gone }
            return content.ownerGUID == userGUID ? nil : .right
        case .noOwner(let principal, let guid):
            let listed = try ContentPermissionRecord.fetchAll(of: guid, in: db).first { $0.principal == principal }
            return listed?.level == .owner ? .right : nil
        case .mayAttach(let guids, let content, let userGUID, let role):
            guard let user = try UserRecord.fetch(userGUID, in: db) else { return .locked }
            let used = Set(try AssociationRecord.fetchAll(ofContent: content, in: db).map(\.integration.guid))
            let groups = try Membership.groups(of: userGUID, in: db)
            let mayAttach = try guids.allSatisfy { guid in
                try used.contains(guid)
                    || IntegrationPermissionRecord.fetchAll(of: guid, in: db)
                        .permit(guid, to: userGUID, role: min(role, user.role), groups: groups)
            }
            return mayAttach ? nil : .right
        case .groupOwner(let guid, let userGUID, let role):
            guard let group = try GroupRecord.fetch(guid, in: db) else { return .gone }
            guard let user = try UserRecord.fetch(userGUID, in: db) else { return .locked }
            return group.isEditable(by: userGUID, as: min(role, user.role)) ? nil : .right
        case .mayOwn(let guid):
            return try UserRecord.fetch(guid, in: db)?.mayOwn == true ? nil : .newOwner
        case .passwordCounts(let guid):
            return try SQLiteStore.mayUsePassword(guid, in: db) ? nil : .password
        case .passwordHash(let guid, let hash):
            return try UserRecord.fetch(guid, in: db)?.passwordHash == hash ? nil : .password
        case .unchanged(let before):
            guard let user = try UserRecord.fetch(before.guid, in: db), user.email == before.email,
                user.role == before.role, user.passwordHash == before.passwordHash
            else { return .changed }
            return nil
        case .singleSignOn(let version):
            return try exists("SELECT 1 FROM single_sign_on WHERE live_version = ?", [version]) ? nil : .singleSignOn
        case .identity(let issuer, let subject, let guid):
            return try exists(
                "SELECT 1 FROM user_identity WHERE issuer = ? AND subject = ? AND user_guid = ?",
                [issuer, subject, guid.description]) ? nil : .singleSignOn
        case .oauthSession(let guid, let user):
            return try exists(
                "SELECT 1 FROM oauth_session WHERE guid = ? AND user_guid = ?", [guid.description, user.description])
                ? nil : .gone
        }
    }
}
