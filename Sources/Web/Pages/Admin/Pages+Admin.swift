extension Pages {
    static let admin: Templates = [
        ("activity", PackageResources.activity_mustache),
        ("data-source", PackageResources.data_source_mustache),
        ("new-data-source", PackageResources.new_data_source_mustache),
    ]
}
