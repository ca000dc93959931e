import HTTPClient
import JSON

extension OutboundResponse {
    /// The body without the byte order mark (U+FEFF in UTF-8) with which some servers begin a text.
    var textBytes: ArraySlice<UInt8> {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        return body.starts(with: mark) ? body.dropFirst(mark.count) : body[...]
    }

    /// The body as a JSON object; nil where it is none.
    ///
    /// Some servers write their sentences in Latin-1 and not in UTF-8. That spoils the sentence and nothing else.
    var jsonObject: JSONObject? {
        if let object = (try? JSON.parse(body))?.objectValue { return object }
        guard String(validating: body, as: UTF8.self) == nil else { return nil }
        return (try? JSON.parse(String(decoding: body, as: UTF8.self)))?.objectValue
    }
}
