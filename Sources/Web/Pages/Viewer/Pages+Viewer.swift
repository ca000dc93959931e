extension Pages {
    static let viewer: Templates = [
        ("connections", PackageResources.connections_mustache),
        ("keys", PackageResources.keys_mustache), ("keys-new", PackageResources.keys_new_mustache),
        ("keys-made", PackageResources.keys_made_mustache),
        ("connection-log-in", PackageResources.connection_log_in_mustache),
        ("connection-state", PackageResources.connection_state_mustache),
        ("content-log-in", PackageResources.content_log_in_mustache),
        ("permissions", PackageResources.permissions_mustache),
    ]
}
