import Accounts
import Testing

@testable import Web

private struct Parts: MultipartVisitor {
    var names: [String?] = []
    var contents: [String] = []

    mutating func begin(_ name: String?) {
        names.append(name)
        contents.append("")
    }

    mutating func content(_ bytes: UnsafeRawBufferPointer) {
        contents[contents.count - 1] += String(decoding: bytes, as: UTF8.self)
    }
}

@Suite struct MultipartReaderTests {
    private func parts(
        _ body: String, type: String = "multipart/form-data; boundary=BOUND", piece: Int = 7
    ) throws -> Parts {
        var reader = try MultipartReader(contentType: type, Parts())
        let bytes = Array(body.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try Array(bytes[start..<min(bytes.count, start + piece)]).withUnsafeBytes { try reader.read($0) }
        }
        try reader.finish()
        return reader.visitor
    }

    private let body =
        "--BOUND\r\nContent-Disposition: form-data; name=\"archive\"; filename=\"b.tar.gz\"\r\n"
        + "Content-Type: application/x-tar\r\n\r\nab\r\n--BOUN not it\r\n\r\n--BOUND\r\n"
        + "content-disposition: form-data; name=metadata\r\n\r\n{}\r\n--BOUND\r\n"
        + "Content-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--BOUND--\r\n"

    @Test(arguments: [1, 2, 3, 7, 64, 100_000])
    func partsComeOutHoweverTheyArrive(_ piece: Int) throws {
        let parts = try parts(body, piece: piece)
        #expect(parts.names == ["archive", "metadata", "empty"])
        #expect(parts.contents == ["ab\r\n--BOUN not it\r\n", "{}", ""])
    }

    @Test func aBoundaryMayBeQuotedAndAPreambleIsSkipped() throws {
        let type = "multipart/form-data; charset=utf-8; boundary=\"BOUND\""
        #expect(try parts("nothing\r\n" + body, type: type).names.count == 3)
    }

    @Test(arguments: [
        "", "--BOUND", "--BOUND\r\n", "--BOUNDx\r\n", "--BOUND\r\nContent-Disposition: form-data\r\n\r\nx",
        "--OTHER\r\n\r\nx\r\n--OTHER--",
    ])
    func whatIsCutOffOrNoFormIsRefused(_ body: String) {
        #expect { try parts(body) } throws: { ($0 as? Refusal)?.code == .formUnreadable }
    }

    @Test(arguments: ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary"])
    func aFormWithoutABoundaryIsRefused(_ type: String) {
        #expect { try parts(body, type: type) } throws: { ($0 as? Refusal)?.code == .formUnreadable }
    }

    @Test func endlessHeadersAreRefused() {
        let endless = "--BOUND\r\nX: " + String(repeating: "x", count: 40_000)
        #expect { try parts(endless, piece: 1000) } throws: { ($0 as? Refusal)?.code == .formUnreadable }
    }
}
