/// One header block of a tar archive (POSIX.1-1988 ustar, and GNU's and the older form).
struct TarHeader {
    static let length = 512
    /// Larger sizes are nonsense, and could overflow sums.
    static let largestSize = 1 << 50

    let name: [UInt8]
    /// What a link names.
    let target: [UInt8]
    let size: Int
    let type: UInt8

    /// - Throws: `ArchiveError` where the check sum or a number is wrong.
    init(_ block: UnsafeRawBufferPointer) throws(ArchiveError) {
        let sum = try Self.number(block[148..<156])
        guard sum == Self.sum(block, signed: false) || sum == Self.sum(block, signed: true) else {
            throw ArchiveError(.notTar, "it is no tar archive, or a damaged one")
        }
        let isPosix = block[257..<263].elementsEqual(Array("ustar\0".utf8))
        let prefix = isPosix ? Self.text(block[345..<500]) : []
        let name = Self.text(block[0..<100])
        self.name = prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
        size = try Self.number(block[124..<136])
        type = block[156]
        target = Self.text(block[157..<257])
    }

    static func isZero(_ block: UnsafeRawBufferPointer) -> Bool { block.allSatisfy { $0 == 0 } }

    private static func text(_ field: Slice<UnsafeRawBufferPointer>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    /// Octal digits between blanks, or (GNU) a binary number behind a set high bit.
    private static func number(_ field: Slice<UnsafeRawBufferPointer>) throws(ArchiveError) -> Int {
        let malformed = ArchiveError(.notTar, "it is no tar archive, or a damaged one")
        guard let first = field.first else { throw malformed }
        var value = 0
        if first & 0x80 != 0 {
            guard first == 0x80 else { throw malformed }
            for byte in field.dropFirst() {
                value = value << 8 | Int(byte)
                guard value <= largestSize else { throw malformed }
            }
            return value
        }
        let blanks: Set<UInt8> = [0, UInt8(ascii: " ")]
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { !blanks.contains($0) }
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { throw malformed }
            value = value << 3 | Int(digit - UInt8(ascii: "0"))
            guard value <= largestSize else { throw malformed }
        }
        return value
    }

    /// The sum of all bytes, those of the sum's own field counted as blanks. Some old programs took bytes as signed.
    private static func sum(_ block: UnsafeRawBufferPointer, signed: Bool) -> Int {
        var sum = 8 * Int(UInt8(ascii: " "))
        for (index, byte) in block.enumerated() where !(148..<156).contains(index) {
            sum += signed ? Int(Int8(bitPattern: byte)) : Int(byte)
        }
        return sum
    }
}
