extension Pages {
    static let admin: Templates = [
        ("data-source", PackageResources.data_source_mustache),
        ("new-data-source", PackageResources.new_data_source_mustache),
    ]
}
