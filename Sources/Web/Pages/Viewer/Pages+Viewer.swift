extension Pages {
    static let viewer: Templates = [
        ("connections", PackageResources.connections_mustache)
    ]
}
