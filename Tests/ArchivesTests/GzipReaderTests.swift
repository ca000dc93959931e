import Testing

@testable import Archives

@Suite struct GzipReaderTests {
    /// Hard to pack: deflate has to work.
    private let plain = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 2_654_435_761 >> 7) }

    @Test(arguments: [1, 7, 1000, 1 << 20])
    func itComesOutAsItWentInHoweverItArrives(_ piece: Int) throws {
        #expect(try inflated(Packing.gzip(plain), piece: piece) == plain)
    }

    @Test func membersFollowEachOtherAndZerosMayFollowAll() throws {
        let stream = Packing.gzip([1, 2]) + Packing.gzip([3]) + [UInt8](repeating: 0, count: 700)
        for piece in [1, 100, 5000] { #expect(try inflated(stream, piece: piece) == [1, 2, 3]) }
    }

    @Test(arguments: [[UInt8](), Array("PK\u{3}\u{4}".utf8), [0x1F, 0x8B, 9, 0], Array("<html>".utf8), [0, 0, 0]])
    func whatIsNoGzipIsRefused(_ bytes: [UInt8]) {
        #expect(performing: { try inflated(bytes) }, throws: isFailure(.notGzip))
    }

    @Test func somethingElseBehindTheStreamIsRefused() {
        for tail in [[1], [0, 0, 1], Array("more".utf8)] as [[UInt8]] {
            #expect(performing: { try inflated(Packing.gzip(plain) + tail) }, throws: isFailure(.notGzip))
        }
    }

    @Test func aStreamThatIsCutOffAnywhereIsRefused() {
        let stream = Packing.gzip(Array("a short text".utf8))
        for count in 1..<stream.count {
            #expect(performing: { try inflated(Array(stream[..<count])) }, throws: isFailure(.truncated))
        }
    }

    @Test func aChangedCheckSumIsRefused() {
        var stream = Packing.gzip(plain)
        stream[stream.count - 6] ^= 1
        #expect(performing: { try inflated(stream) }, throws: isFailure(.notGzip))
    }

    @Test func whatBecomesTooLargeIsRefusedWhileItArrives() throws {
        let zeros = Packing.gzip([UInt8](repeating: 0, count: 4 << 20))
        #expect(zeros.count < 8192)
        let total = GzipReader.Limits(maximumBytes: 1 << 20, maximumRatio: 5000, ratioFreeBytes: 0)
        #expect(performing: { try inflated(zeros, limits: total) }, throws: isFailure(.tooLarge))
        let ratio = GzipReader.Limits(maximumBytes: 1 << 30, maximumRatio: 100, ratioFreeBytes: 1 << 20)
        #expect(performing: { try inflated(zeros, limits: ratio) }, throws: isFailure(.tooLarge))
        let free = GzipReader.Limits(maximumBytes: 1 << 30, maximumRatio: 100, ratioFreeBytes: 4 << 20)
        #expect(try inflated(zeros, limits: free).count == 4 << 20)
    }
}
