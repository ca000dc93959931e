import ResourcePools

/// What another server answered. Printing it shows status and size only: answers carry tokens.
public struct OutboundResponse: Sendable {
    /// The HTTP status.
    public var status: Int
    /// In the order received, names as received.
    public var headers: [(name: String, value: String)]
    /// The body, not decompressed: no encoding is ever asked for.
    public var body: [UInt8]
    /// A long answer holds the place of its call until it was read, so that those which wait for a reader are few.
    private(set) var place: FairPool.Place?

    /// In bytes. A shorter answer is read in less time than going to another thread is worth.
    public static let longestReadAtOnce = 16 * 1024

    /// An answer.
    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The same answer, which holds a place until it was read; a short one gives the place back.
    func holding(_ place: FairPool.Place) -> OutboundResponse {
        guard body.count > Self.longestReadAtOnce else {
            place.leave()
            return self
        }
        var response = self
        response.place = place
        return response
    }

    /// Says that the answer was read: its place is free.
    public func wasRead() { place?.leave() }

    /// The first header of that name, in any case (RFC 9110 section 5.1).
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The media type in lower case without its parameters: `application/json`; nil without the header.
    public var contentType: String? {
        guard let value = header("content-type") else { return nil }
        let type = value.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        return type.isEmpty ? nil : type
    }
}

extension OutboundResponse: CustomStringConvertible, CustomReflectable {
    /// Status and size.
    public var description: String { "status \(status), \(body.count) bytes" }

    /// `dump` and the debugger go through this: nothing but the description.
    public var customMirror: Mirror { Mirror(self, children: ["response": description]) }
}
