import JSON
import Glibc
import Testing

@Suite struct JSONObjectTests {
    /// Both sides of the size at which look-ups change from a search to an index.
    static let sizes = [0, 1, 15, 16, 17, 18, 500]

    @Test(arguments: sizes)
    func everyMemberIsFound(size: Int) {
        let object = JSONObject((0..<size).map { ("key\($0)", JSON.integer(Int64($0))) })
        #expect(object.count == size)
        #expect(object.isEmpty == (size == 0))
        for number in 0..<size {
            #expect(object["key\(number)"] == .integer(Int64(number)))
        }
        #expect(object["key\(size)"] == nil)
        #expect(object.keys == (0..<size).map { "key\($0)" })
    }

    @Test(arguments: sizes)
    func removingKeepsTheOthersInOrder(size: Int) {
        var object = JSONObject((0..<size).map { ("key\($0)", JSON.integer(Int64($0))) })
        object["key\(size / 2)"] = nil
        object["missing"] = nil
        #expect(object.keys == (0..<size).filter { $0 != size / 2 }.map { "key\($0)" })
        for number in 0..<size {
            #expect(object["key\(number)"] == (number == size / 2 ? nil : .integer(Int64(number))))
        }
        #expect(object.removeValue(forKey: "key0") == (size > 1 ? 0 : nil))
        object["key0"] = "back"
        #expect(object.keys.last == "key0")
        #expect(object["key0"] == "back")
    }

    @Test(arguments: sizes)
    func settingAgainKeepsThePlace(size: Int) {
        var object = JSONObject((0..<size).map { ("key\($0)", JSON.null) })
        let keys = object.keys
        for key in keys { object[key] = .string(key) }
        #expect(object.keys == keys)
        #expect(object.allSatisfy { $0.value == .string($0.key) })
    }

    @Test func nullIsAMemberAndNilIsNone() {
        var object: JSONObject = ["a": 1]
        object["a"] = .some(.null)
        #expect(object.count == 1)
        #expect(object["a"] == .some(.null))
        object["a"] = nil
        #expect(object.isEmpty)
    }

    @Test func orderSaysNothingAboutEquality() {
        let left: JSONObject = ["a": 1, "b": ["c": 2, "d": 3]]
        let right: JSONObject = ["b": ["d": 3, "c": 2], "a": 1]
        #expect(left == right)
        #expect(left != ["a": 1])
        #expect(left != ["a": 1, "b": ["c": 2, "d": 4]])
        #expect(JSON.array([1, 2]) != JSON.array([2, 1]))
    }

    @Test func mergingSetsAndAppends() {
        let merged = (["a": 1, "b": 2] as JSONObject).merging(["b": 3, "c": 4])
        #expect(merged.map(\.key) == ["a", "b", "c"])
        #expect(merged == ["a": 1, "b": 3, "c": 4])
    }

    @Test func ofTwoMembersWithOneNameTheLastStays() {
        #expect((["a": 1, "b": 2, "a": 3] as JSONObject).map(\.value) == [3, 2])
    }

    @Test func aHostileObjectCostsTimeInProportionToItsSize() throws {
        func duration(ofMembers count: Int) throws -> Duration {
            let text = "{" + (0..<count).map { "\"member-\($0)\":\($0)" }.joined(separator: ",") + "}"
            let start = Self.processorTime
            let object = try #require(try JSON.parse(text).objectValue)
            for number in 0..<count {
                guard object["member-\(number)"] == .integer(Int64(number)) else {
                    Issue.record("member \(number) is not found")
                    break
                }
            }
            return Self.processorTime - start
        }
        // A search in line would take hundreds of times longer for ten times the members.
        let small = try duration(ofMembers: 10_000)
        // The better of two, because other tests may hold the caches.
        let large = try min(duration(ofMembers: 100_000), duration(ofMembers: 100_000))
        #expect(large < small * 50)
    }

    /// What this thread has used of the processor: other tests that hold the cores do not count.
    private static var processorTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
