import Accounts
import Integrations
import JSON
import Storage

extension Answers {
    /// What Connect's content has and Gatehouse, which does not run content, has not.
    static let absent = [
        "connection_timeout", "read_timeout", "init_timeout", "idle_timeout", "max_processes", "min_processes",
        "max_conns_per_process", "load_factor", "cpu_request", "cpu_limit", "memory_request", "memory_limit",
        "amd_gpu_limit",
        "nvidia_gpu_limit", "content_category", "parameterized", "cluster_name", "image_name", "default_image_name",
        "default_r_environment_management", "default_py_environment_management", "service_account_name",
        "r_environment_management", "py_environment_management", "run_as", "run_as_current_user", "vanity_url", "tags",
        "extension",
    ]

    static func content(
        _ content: ContentRecord, caller: Caller, canEdit: Bool, owner: UserRecord?, address: PublicAddress
    ) -> JSON {
        let role = content.ownerGUID == caller.user.guid ? "owner" : canEdit ? "editor" : "viewer"
        var object: JSONObject = [
            "id": .string(String(content.id)), "guid": guid(content.guid), "name": .string(content.name),
            "title": .string(content.title), "description": .string(content.description),
            "access_type": .string(content.accessType.rawValue), "owner_guid": guid(content.ownerGUID),
            "created_time": time(content.createdAt), "updated_time": time(content.updatedAt), "app_role": .string(role),
            "content_url": address.contentAddress(of: content.guid).map(JSON.string) ?? .null,
            "dashboard_url": .string("\(address.base)/content/\(content.guid)"), "locked": false, "locked_message": "",
        ]
        // Where content runs is for those who may change it.
        if canEdit { object["upstream_url"] = content.upstreamURL.map(JSON.string) ?? .null }
        object.merge(deployment(content.deployment))
        for name in absent { object[name] = .null }
        if let owner {
            object["owner"] = [
                "guid": guid(owner.guid), "username": .string(owner.username), "first_name": .string(owner.firstName),
                "last_name": .string(owner.lastName),
            ]
        }
        return .object(object)
    }
}
