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
        #expect(notes.entries.map(\.kind) == [.folder, .file, .folder, .file, .file])
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
        "/etc/passwd", "../x", "a/../../x", "a/..", "..", "\\windows", "a\\..\\..\\x", "C:/x", "c:\\x", "C:", "./../x",
        "c:../x", "./c:..", "c:..\\x",
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

    @Test(arguments: ["..hidden", "a..b", "...", "x/..y/z", "c:1.txt", "c:x"])
    func dotsAloneAreNoHarm(_ name: String) throws {
        #expect(try read(Packing.file(name, "x") + Packing.end).contents == ["x"])
    }

    /// Where it is moved to, a link leads elsewhere.
    @Test func aHardLinkToASymbolicLinkIsRefused() {
        let link = Packing.header("a/b/l", type: "2", target: "..")
        for (name, target) in [("z", "a/b/l"), ("z", "a/b/l/x"), ("z", "a/B/L")] {
            let archive = link + Packing.header(name, type: "1", target: target) + Packing.end
            #expect(performing: { try read(archive) }, throws: isFailure(.dangerous))
        }
    }

    @Test func aFileBehindALinkOfAnotherCaseIsRefused() {
        for (link, file) in [("a/L", "a/l/x"), ("a/l", "A/L/x")] {
            let archive = Packing.header(link, type: "2", target: "..") + Packing.file(file, "1") + Packing.end
            #expect(performing: { try read(archive) }, throws: isFailure(.dangerous))
        }
    }

    @Test func pathsBehindLinksHaveTheLengthOfASystemsPaths() throws {
        let link = Packing.file("f", "x") + Packing.header("l", type: "2", target: "f")
        let (folder, name) = (String(repeating: "d", count: 4000), String(repeating: "n", count: 200))
        _ = try read(link + Packing.pax([("path", "\(folder)/x")]) + Packing.file("x", "1") + Packing.end)
        let longer = Packing.pax([("path", "\(folder)/\(name)/x")]) + Packing.file("x", "1")
        #expect(performing: { try read(link + longer + Packing.end) }, throws: isFailure(.tooLarge))
    }

    /// The paths of all links are kept, and a small archive can hold very long ones.
    @Test func linksWithVeryLongPathsAreRefused() {
        let link = { (number: Int) in
            Packing.pax([("path", "\(number)" + String(repeating: "n", count: 60_000)), ("linkpath", "app.py")])
                + Packing.header("link", type: "2")
        }
        let archive = Packing.file("app.py", "x") + (0..<40).flatMap(link) + Packing.end
        #expect(performing: { try read(archive) }, throws: isFailure(.tooLarge))
    }

    @Test(arguments: ["3", "4", "6", "S", "V", "D", "Z"] as [Character])
    func devicesAndWhatIsUnknownAreRefused(_ type: Character) {
        #expect(
            performing: { try read(Packing.header("x", type: type) + Packing.end) }, throws: isFailure(.dangerous))
    }

    @Test func linksThatStayWithinTheArchiveAreRead() throws {
        let long = String(repeating: "b/", count: 80) + "c"
        let archive =
            Packing.file("a/b", "x") + Packing.header("hard", type: "1", target: "a/b")
            + Packing.header("a/c/up", type: "2", target: "../../hard") + Packing.header("a/d", type: "2", target: "b")
            + Packing.pax([("linkpath", long)]) + Packing.header("pax", type: "2", target: "short")
            + Packing.file("K", long + "\u{0}", type: "K") + Packing.header("gnu", type: "2", target: "short")
        let notes = try read(archive + Packing.end)
        #expect(
            notes.entries.map(\.kind) == [.file, .hardLink, .symbolicLink, .symbolicLink, .symbolicLink, .symbolicLink])
    }

    @Test(
        arguments: [
            ("1", "x", "/etc/passwd"), ("1", "a/x", "../b"), ("1", "x", "a/../../b"), ("2", "x", "/etc/passwd"),
            ("2", "x", ".."), ("2", "a/x", "../../b"), ("2", "a/x", "b/../../../c"), ("2", "a/x", "b/../c"),
            ("2", "x", "C:\\x"), ("2", "x", "\\\\host\\x"), ("2", "a\\x", "..\\..\\b"),
        ] as [(Character, String, String)])
    func linksThatLeadOutAreRefused(_ type: Character, _ name: String, _ target: String) {
        #expect(
            performing: { try read(Packing.header(name, type: type, target: target) + Packing.end) },
            throws: isFailure(.dangerous))
        #expect(
            performing: {
                try read(
                    Packing.pax([("linkpath", target)]) + Packing.header(name, type: type, target: "ok") + Packing.end)
            }, throws: isFailure(.dangerous))
    }

    @Test func nothingIsWrittenToWhereALinkLeads() {
        let link = Packing.header("a/link", type: "2", target: "b")
        for entry in [
            Packing.file("a/link/x", "x"), Packing.header("./a/link/y", type: "1", target: "z"),
            Packing.header("a/link/c/", type: "5"), Packing.header("a/link/d", type: "2", target: "../../z"),
        ] {
            #expect(performing: { try read(link + entry + Packing.end) }, throws: isFailure(.dangerous))
        }
    }

    @Test func aLinkWithContentOrWithoutATargetIsRefused() {
        for archive in [
            Packing.header("x", type: "2"), Packing.header("x", type: "1"),
            Packing.header("x", size: 512, type: "1", target: "y") + [UInt8](repeating: 1, count: 512),
        ] {
            #expect(performing: { try read(archive + Packing.end) }, throws: isFailure(.notTar))
        }
    }

    @Test func recordsThatWouldDoTheSameAreRefused() {
        for archive in [
            Packing.pax([("linkpath", "/etc/passwd")]) + Packing.file("x"),
            Packing.pax([("GNU.sparse.major", "1")]) + Packing.file("x"),
            Packing.pax([("path", "../x")], type: "g") + Packing.file("x"),
            Packing.pax([("linkpath", "x")], type: "g") + Packing.file("x"),
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
