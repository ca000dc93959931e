extension FormEncoding {
    /// A whole form by its names, each of which is there once.
    ///
    /// - Throws: `Failure` where it is malformed, too large, no UTF-8, or has a name twice.
    public static func fields(
        _ bytes: [UInt8], maximumBytes: Int = FormEncoding.maximumBytes
    ) throws(Failure) -> [String: String] {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed }
        return try fields(text, maximumBytes: maximumBytes)
    }

    /// The same for a query.
    public static func fields(
        _ text: String, maximumBytes: Int = FormEncoding.maximumBytes
    ) throws(Failure) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: try decode(form: text, maximumBytes: maximumBytes).map { ($0.name, $0.value) })
    }
}
