public import Accounts
public import Storage

extension IntegrationCatalog {
    /// The integrations whose name, description or provider has that text in it, by name; all where it is empty.
    public func page(
        matching text: String, _ request: PageRequest, for admin: Administrator
    ) async throws(Refusal) -> RecordPage<IntegrationSummary> {
        var filter = IntegrationFilter()
        filter.text = try TextRules.line(text, field: "q")
        let folded = filter.text.lowercased()
        filter.templates = Template.all.filter { $0.name.lowercased().contains(folded) }.map(\.key)
        let (wanted, now) = (filter, clock.now)
        return try await attempt { () throws(StoreError) in
            try await account.store.integrations(matching: wanted, request, at: now)
        }
    }

    /// Who and what has to do with an integration; the page is one of the content that uses it.
    public func use(
        of guid: GUID, _ request: PageRequest, for admin: Administrator
    ) async throws(Refusal) -> IntegrationUse {
        let now = clock.now
        return try await attempt { () throws(StoreError) in
            try await account.store.integrationUse(guid, request, at: now)
        }
    }
}

extension IntegrationSummary {
    /// Whether viewers log in to it at its provider.
    public var hasLogin: Bool {
        authType == AuthType.viewer.rawValue && Template.named(template)?.hasLogin ?? true
    }
}
