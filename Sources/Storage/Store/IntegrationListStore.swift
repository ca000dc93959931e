/// What lists and pages show of integrations: each verb is one read that costs no more with more of what it does not show.
public protocol IntegrationListStore: Sendable {
    /// The integrations that a filter lets through, by name, with counts for those on the page.
    func integrations(matching filter: IntegrationFilter, _ page: PageRequest, at now: Timestamp)
        async throws(StoreError) -> RecordPage<IntegrationSummary>
    /// One integration with who may attach it.
    func integrationFacts(_ guid: GUID) async throws(StoreError) -> IntegrationFacts?
    /// Who and what has to do with an integration; the page is one of its content.
    func integrationUse(_ guid: GUID, _ page: PageRequest, at now: Timestamp)
        async throws(StoreError) -> IntegrationUse
}
