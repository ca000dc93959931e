internal import CZlib

/// Inflates a gzip stream (RFC 1952) as it arrives, piece by piece and within limits: a small file can become a huge one.
///
/// One reader reads one stream, from one task at a time.
public final class GzipReader {
    /// What a stream may become.
    public struct Limits: Sendable {
        /// So many bytes at most.
        public var maximumBytes: Int
        /// So many bytes for each that arrived; deflate can make a thousand, honest files rarely more than twenty.
        public var maximumRatio: Int
        /// Up to here the ratio is not looked at: small archives of zeros do no harm.
        public var ratioFreeBytes: Int

        /// Limits with these values.
        public init(maximumBytes: Int, maximumRatio: Int, ratioFreeBytes: Int) {
            self.maximumBytes = maximumBytes
            self.maximumRatio = maximumRatio
            self.ratioFreeBytes = ratioFreeBytes
        }
    }

    private static let bufferSize = 64 * 1024
    /// The first byte of each member (RFC 1952, section 2.3.1).
    private static let magic: UInt8 = 0x1F

    private let limits: Limits
    /// zlib keeps the address of its state, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private var received = 0
    private var produced = 0
    /// Between two members, where a stream may end.
    private var isComplete = false
    private var isPadding = false

    /// A reader at the beginning of a stream.
    public init(limits: Limits) {
        self.limits = limits
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(byteCount: Self.bufferSize, alignment: 16)
        guard gatehouse_gzip_init(stream) == Z_OK else { fatalError("There is no memory to inflate with.") }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
        output.deallocate()
    }

    /// Inflates the next bytes of the stream and lends what comes out.
    public func read(
        _ bytes: UnsafeRawBufferPointer, _ use: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        var rest = bytes
        received += bytes.count
        while let address = rest.baseAddress, !rest.isEmpty {
            if isComplete {
                if try skipPadding(&rest) { return }
                inflateReset(stream)
                isComplete = false
            }
            let offered = min(rest.count, Int(UInt32.max))
            // zlib reads what it is given and declares it writable for history's sake.
            stream.pointee.next_in = UnsafeMutableRawPointer(mutating: address).assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(offered)
            try inflateAll(use)
            rest = UnsafeRawBufferPointer(rebasing: rest[(offered - Int(stream.pointee.avail_in))...])
        }
    }

    /// The stream has ended: makes sure that it was whole.
    public func finish() throws(ArchiveError) {
        guard received > 0 else { throw ArchiveError(.notGzip, "it is empty") }
        guard isComplete else { throw ArchiveError(.truncated, "the gzip stream ends too early") }
    }

    /// Inflates until the input is used up or the member ends.
    private func inflateAll(_ use: (UnsafeRawBufferPointer) throws(ArchiveError) -> Void) throws(ArchiveError) {
        while true {
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let status = inflate(stream, Z_NO_FLUSH)
            let count = output.count - Int(stream.pointee.avail_out)
            switch status {
            case Z_OK, Z_STREAM_END, Z_BUF_ERROR: break
            case Z_MEM_ERROR: fatalError("There is no memory to inflate with.")
            default: throw ArchiveError(.notGzip, "it is no gzip stream, or a damaged one")
            }
            produced += count
            try checkLimits()
            if count > 0 { try use(UnsafeRawBufferPointer(rebasing: output[..<count])) }
            if status == Z_STREAM_END {
                isComplete = true
                return
            }
            // Room was left, so everything that was given is used.
            if stream.pointee.avail_out > 0 { return }
        }
    }

    private func checkLimits() throws(ArchiveError) {
        guard produced <= limits.maximumBytes else {
            throw ArchiveError(.tooLarge, "it becomes more than \(limits.maximumBytes) bytes when it is unpacked")
        }
        guard produced <= limits.ratioFreeBytes || produced / limits.maximumRatio <= received else {
            throw ArchiveError(
                .tooLarge, "it becomes more than \(limits.maximumRatio) times as large when it is unpacked")
        }
    }

    /// After a member only zeros, as tapes have them, or another member may follow.
    ///
    /// - Returns: whether all of it was padding.
    private func skipPadding(_ rest: inout UnsafeRawBufferPointer) throws(ArchiveError) -> Bool {
        guard let start = rest.firstIndex(where: { $0 != 0 }) else {
            isPadding = true
            return true
        }
        guard !isPadding, start == 0, rest[start] == Self.magic else {
            throw ArchiveError(.notGzip, "something that is no gzip follows the gzip stream")
        }
        return false
    }
}
