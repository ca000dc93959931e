import Testing

@testable import Storage

@Suite struct IdentityTests {
    @Test func aGUIDNamesItsAccountAndIsAUUIDOfVersion8() throws {
        let slug = try #require(AccountSlug("acme"))
        let guid = GUID(tenant: TenantFingerprint(of: slug))
        #expect(guid.tenant == TenantFingerprint(of: slug))
        let text = guid.description
        #expect(text.utf8.count == 36)
        #expect(Array(text)[14] == "8")
        #expect("89ab".contains(Array(text)[19]))
        #expect(GUID(text) == guid)
        #expect(GUID(bytes: guid.bytes) == guid)
    }

    @Test func guidsOfOneAccountDiffer() throws {
        let fingerprint = TenantFingerprint(of: try #require(AccountSlug("acme")))
        #expect(Set((0..<1000).map { _ in GUID(tenant: fingerprint) }).count == 1000)
    }

    @Test(arguments: [
        "", "0", "123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-82D3-A456-426614174000",
        "123e4567-e89b-82d3-a456-42661417400", "123e4567-e89b-82d3-c456-426614174000",
        "123e4567e89b-82d3-a456-4266141740000",
    ])
    func whatIsNoUUIDOfVersion8InLowerCaseIsNoGUID(_ text: String) { #expect(GUID(text) == nil) }

    @Test(arguments: [
        "a", "-acme", "acme-", "Acme", "ac me", "ac/me", "..", "ac.me", String(repeating: "a", count: 41), "äcme",
    ])
    func slugsAreFolderNamesEverywhere(_ text: String) { #expect(AccountSlug(text) == nil) }

    @Test(arguments: ["ac", "acme", "a1", "1a", "a--b", String(repeating: "a", count: 40)])
    func plainNamesAreSlugs(_ text: String) { #expect(AccountSlug(text)?.text == text) }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (1_725_979_190, "2024-09-10T14:39:50Z"), (4_102_444_800, "2100-01-01T00:00:00Z"),
    ])
    func timesAreWrittenAsRFC3339AndReadAgain(_ seconds: Int64, _ text: String) {
        #expect(Timestamp(text) == Timestamp(seconds: seconds))
        #expect(Timestamp(seconds: seconds).description == text)
    }

    @Test(arguments: [
        "", "2024-02-30T00:00:00Z", "2024-09-10 14:39:50Z", "2024-09-10T14:39:50", "2024-09-10T25:39:50Z",
        "x024-09-10T14:39:50Z",
    ])
    func whatIsNoTimeIsNotRead(_ text: String) { #expect(Timestamp(text) == nil) }
}
