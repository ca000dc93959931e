import Testing

@testable import Archives

@Suite struct TarReaderTests {
    @Test(arguments: [1, 13, 512, 100_000])
    func filesAndFoldersComeOutHoweverTheyArrive(_ piece: Int) throws {
        let archive =
            Packing.file("./") + Packing.file("./app.py", "hello") + Packing.header("src/", type: "5")
            + Packing.file("src/empty.txt") + Packing.file("long.txt", String(repeating: "x", count: 1500))
            + Packing.end
        let notes = try read(archive, piece: piece)
        #expect(notes.entries.map(\.path) == [[], ["app.py"], ["src"], ["src", "empty.txt"], ["long.txt"]])
        #expect(notes.entries.map(\.isFolder) == [true, false, true, false, false])
        #expect(notes.contents == ["", "hello", "", "", String(repeating: "x", count: 1500)])
    }

    @Test func longNamesAreReadInAllTheirForms() throws {
        let folder = String(repeating: "f", count: 120)
        let name = String(repeating: "n", count: 180)
        let posix = Packing.file("name.txt", "1", prefix: folder)
        let gnu = Packing.file("././@LongLink", "\(folder)/\(name)\u{0}", type: "L") + Packing.file("short", "2")
        let pax = Packing.pax([("mtime", "1.5"), ("path", "\(folder)/ä")]) + Packing.file("short", "3")
        let notes = try read(posix + gnu + pax + Packing.file("plain", "4") + Packing.end)
        #expect(notes.entries.map(\.path) == [[folder, "name.txt"], [folder, name], [folder, "ä"], ["plain"]])
        #expect(notes.contents == ["1", "2", "3", "4"])
    }

    @Test func aPaxSizeTakesThePlaceOfTheHeaders() throws {
        let archive =
            Packing.pax([("size", "5")]) + Packing.header("a") + Array("hello".utf8) + [UInt8](repeating: 0, count: 507)
            + Packing.file("b", "!") + Packing.end
        #expect(try read(archive).contents == ["hello", "!"])
    }

    @Test(arguments: [
        "/etc/passwd", "../x", "a/../../x", "a/..", "..", "\\windows", "a\\..\\..\\x", "C:/x", "c:x", "./../x",
    ])
    func pathsThatLeadOutAreRefused(_ name: String) {
        #expect(
            performing: { try read(Packing.file(name, "x") + Packing.end) }, throws: isFailure(.dangerous))
        #expect(
            performing: { try read(Packing.pax([("path", name)]) + Packing.file("ok", "x") + Packing.end) },
            throws: isFailure(.dangerous))
        #expect(
            performing: { try read(Packing.file("L", name, type: "L") + Packing.file("ok", "x") + Packing.end) },
            throws: isFailure(.dangerous))
    }

    @Test(arguments: ["..hidden", "a..b", "...", "x/..y/z"])
    func dotsAloneAreNoHarm(_ name: String) throws {
        #expect(try read(Packing.file(name, "x") + Packing.end).contents == ["x"])
    }

    @Test(arguments: ["1", "2", "3", "4", "6", "K", "S", "V", "D", "Z"] as [Character])
    func linksDevicesAndWhatIsUnknownAreRefused(_ type: Character) {
        #expect(
            performing: { try read(Packing.header("x", type: type) + Packing.end) }, throws: isFailure(.dangerous))
    }

    @Test func recordsThatWouldDoTheSameAreRefused() {
        for archive in [
            Packing.pax([("linkpath", "/etc/passwd")]) + Packing.file("x"),
            Packing.pax([("GNU.sparse.major", "1")]) + Packing.file("x"),
            Packing.pax([("path", "../x")], type: "g") + Packing.file("x"),
        ] {
            #expect(performing: { try read(archive + Packing.end) }, throws: isFailure(.dangerous))
        }
    }

    @Test func whatIsNoTarIsRefused() {
        var wrongSum = Packing.file("x", "y")
        wrongSum[0] ^= 1
        let negative = Packing.header("x", sizeField: [0xFF] + [UInt8](repeating: 0xFF, count: 11))
        let huge = Packing.header("x", sizeField: [0x80, 0x7F] + [UInt8](repeating: 0xFF, count: 10))
        let words = Packing.header("x", sizeField: Array("not a number".utf8))
        let folder = Packing.header("x/", size: 512, type: "5") + [UInt8](repeating: 1, count: 512)
        for archive in [
            wrongSum, negative, huge, words, folder, Packing.end, [], Array("just some text".utf8),
            Packing.file("x") + Packing.end + [1], Packing.file("L", "x", type: "x") + Packing.file("x"),
            Packing.file("", "x"), Packing.file("./", "x"),
        ] {
            #expect(
                performing: { try read(archive + (archive.last == 1 ? [] : Packing.end)) },
                throws: { ($0 as? ArchiveError).map { $0.code == .notTar || $0.code == .truncated } ?? false })
        }
    }

    @Test func anArchiveThatIsCutOffInsideAFileIsRefused() {
        let archive = Packing.file("x", "hello")
        for count in [1, 511, 513, 516, 600, 1023] {
            #expect(
                performing: { try read(Array(archive[..<count])) }, throws: isFailure(.truncated))
        }
        #expect(performing: { try read(Packing.pax([("path", "x")]) + Packing.end) }, throws: isFailure(.truncated))
    }

    @Test func anEndlessNameIsRefused() {
        let archive = Packing.header("L", size: 1 << 30, type: "L")
        #expect(performing: { try read(archive) }, throws: isFailure(.tooLarge))
    }
}
