extension Pages {
    static let publisher: Templates =
        [
            ("content-head", PackageResources.content_head_mustache),
            ("content-list", PackageResources.content_list_mustache),
            ("content-new", PackageResources.content_new_mustache),
            ("content-open", PackageResources.content_open_mustache),
            ("content-overview", PackageResources.content_overview_mustache),
            ("content-settings", PackageResources.content_settings_mustache),
            ("content-owner", PackageResources.content_owner_mustache),
            ("content-delete", PackageResources.content_delete_mustache),
            ("content-viewers", PackageResources.content_viewers_mustache),
            ("content-demand", PackageResources.content_demand_mustache),
            ("content-access", PackageResources.content_access_mustache),
            ("content-environment", PackageResources.content_environment_mustache),
            ("content-code", PackageResources.content_code_mustache),
        ] + code
}

/// The pages of content.
struct ContentPages {
    func add(to doors: PageDoors) {
        ContentListPages().add(to: doors)
        ContentOverviewPages().add(to: doors)
        ContentSettingsPages().add(to: doors)
        ContentViewersPages().add(to: doors)
        ContentAccessPages().add(to: doors)
        ContentEnvironmentPages().add(to: doors)
        ContentCodePages().add(to: doors)
    }
}
