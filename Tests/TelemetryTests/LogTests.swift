import JSON
import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite("The log")
struct LogTests {
    private final class Lines: Sendable {
        private let bytes = Mutex<[[UInt8]]>([])
        var all: [String] { bytes.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }
        var sink: LogSink { LogSink { line in self.bytes.withLock { $0.append(line) } } }
    }

    private let lines = Lines()

    private func logger(_ format: LogFormat, level: Logger.Level = .info) -> Logger {
        let provider = Logger.MetadataProvider { CorrelationScope.id.map { ["correlation_id": "\($0)"] } ?? [:] }
        return Logger(label: "test") { _ in
            LineLogHandler(format: format, level: level, sink: lines.sink, metadataProvider: provider)
        }
    }

    @Test func aRecordIsOneObjectOnOneLine() throws {
        logger(.json).warning("two\nlines", metadata: ["b": "x\"y\u{1B}", "a": ["1", ["c": "2"]], "time": "noon"])
        let line = try #require(lines.all.first)
        #expect(line.hasSuffix("\n") && line.dropLast().allSatisfy { $0 != "\n" })
        let object = try #require(try JSON.parse(String(line.dropLast())).objectValue)
        #expect(object.keys == ["time", "level", "message", "a", "b", "time_"])
        #expect(object["level"]?.stringValue == "warning")
        #expect(object["message"]?.stringValue == "two\nlines")
        #expect(object["b"]?.stringValue == "x\"y\u{1B}")
        #expect(object["a"] == ["1", ["c": "2"]])
        #expect(object["time_"]?.stringValue == "noon")
        let form = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/
        #expect(try form.wholeMatch(in: object["time"]?.stringValue ?? "") != nil)
    }

    @Test func timesHaveMilliseconds() {
        #expect(LogRecord.time(seconds: 1_725_979_190, milliseconds: 7) == "2024-09-10T14:39:50.007Z")
    }

    @Test func textQuotesWhatCouldPretendToBeAnotherRecord() throws {
        logger(.text).info("done", metadata: ["plain": "x-1", "spaced": "a b", "evil": "x\ninfo fake=1", "none": ""])
        let line = try #require(lines.all.first)
        #expect(line.hasSuffix(" info done evil=\"x\\ninfo fake=1\" none=\"\" plain=x-1 spaced=\"a b\"\n"), "\(line)")
    }

    @Test func numbersStayNumbers() throws {
        logger(.json).info("answered", metadata: ["status": .stringConvertible(200), "took": .stringConvertible(1.5)])
        let record = try JSON.parse(try #require(lines.all.first))
        #expect(record["status"] == 200 && record["took"] == 1.5)
    }

    @Test func longValuesAreCutBetweenCharacters() throws {
        let long = String(repeating: "a", count: 1023) + "é" + String(repeating: "b", count: 5000)
        logger(.json).info("long", metadata: ["value": "\(long)"])
        let line = try #require(lines.all.first)
        let value = try JSON.parse(line)["value"]?.stringValue
        #expect(value == String(repeating: "a", count: 1023) + "…")
        #expect(LogRecord.cut(String(repeating: "a", count: 1024)).count == 1024)
    }

    @Test func whatIsLoggedInTheCourseOfARequestCarriesItsID() async throws {
        let logger = logger(.json)
        logger.info("before")
        await CorrelationScope.$id.withValue("abc") {
            logger.info("within")
            await Task { logger.info("in a task of its own") }.value
        }
        let ids = try lines.all.map { try JSON.parse($0)["correlation_id"]?.stringValue }
        #expect(ids == [nil, "abc", "abc"])
    }

    @Test func lowerLevelsAreDroppedAndOneLoggersLevelIsItsOwn() {
        let quiet = logger(.text, level: .warning)
        var loud = quiet
        loud.logLevel = .debug
        quiet.info("quiet")
        loud.debug("loud")
        #expect(lines.all.count == 1)
    }

    private struct Leak: Error, CustomStringConvertible {
        let description = "a secret"
    }

    @Test func ofAnErrorOnlyTheTypeIsLogged() throws {
        logger(.json).error("failed", error: Leak())
        let line = try #require(lines.all.first)
        #expect(line.contains("Leak") && !line.contains("a secret"))
    }
}
