extension Pages {
    static let admin: Templates = [
        ("activity", PackageResources.activity_mustache),
        ("data-source", PackageResources.data_source_mustache),
        ("new-data-source", PackageResources.new_data_source_mustache),
        ("data-source-list", PackageResources.data_source_list_mustache),
        ("data-source-cards", PackageResources.data_source_cards_mustache),
        ("data-source-fields", PackageResources.data_source_fields_mustache),
        ("data-source-instructions", PackageResources.data_source_instructions_mustache),
        ("data-source-edit", PackageResources.data_source_edit_mustache),
        ("data-source-permissions", PackageResources.data_source_permissions_mustache),
        ("data-source-delete", PackageResources.data_source_delete_mustache),
        ("data-source-test", PackageResources.data_source_test_mustache),
        ("data-source-report", PackageResources.data_source_report_mustache),
    ]
}
