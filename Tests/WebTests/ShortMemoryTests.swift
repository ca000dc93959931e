import Storage
import Testing

@testable import Web

@Suite struct ShortMemoryTests {
    private let start = Timestamp(seconds: 1_000)
    private let tenant = TenantFingerprint(value: 1)

    @Test func nobodysManyPushOutSomebodyElsesFew() {
        var memory = ShortMemory<Int, String>(lifetime: .seconds(60), most: 2)
        let (busy, quiet) = (GUID(tenant: tenant), GUID(tenant: tenant))
        memory.keep("quiet", 0, of: quiet, at: start)
        for number in 1...5 { memory.keep("busy", number, of: busy, at: start) }
        #expect((0...5).map { memory.find($0, at: start) } == ["quiet", nil, nil, nil, "busy", "busy"])
    }

    @Test func whatIsKeptAgainIsTheNewestAndCountsOnce() {
        var memory = ShortMemory<Int, String>(lifetime: .seconds(60), most: 2)
        let person = GUID(tenant: tenant)
        for (number, text) in [(1, "a"), (2, "b"), (1, "c"), (3, "d")] {
            memory.keep(text, number, of: person, at: start)
        }
        #expect((1...3).map { memory.find($0, at: start) } == ["c", nil, "d"])
        memory.forget(1)
        memory.keep("e", 4, of: person, at: start)
        #expect((1...4).map { memory.find($0, at: start) } == [nil, nil, "d", "e"])
    }

    @Test func itEndsWithItsTime() {
        var memory = ShortMemory<Int, String>(lifetime: .seconds(60), most: 2)
        memory.keep("a", 1, of: GUID(tenant: tenant), at: start)
        #expect(memory.find(1, at: start + .seconds(59)) == "a")
        #expect(memory.find(1, at: start + .seconds(60)) == nil)
        memory.keep("b", 2, of: GUID(tenant: tenant), at: start + .seconds(60))
        // Not even before its end: it is gone.
        #expect(memory.find(1, at: start) == nil)
    }
}
