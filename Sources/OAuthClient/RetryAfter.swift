import HTTPClient

/// The `Retry-After` header (RFC 9110 section 10.2.3).
enum RetryAfter {
    /// A provider does not get to switch itself off for longer.
    static let longest: Int64 = 86_400

    /// How long to wait; nil when it is missing or makes no sense.
    ///
    /// A date is measured against the answer's own `Date`, so a clock that differs from ours does not matter.
    static func duration(in response: OutboundResponse) -> Duration? {
        guard let value = response.header("retry-after") else { return nil }
        if !value.isEmpty, value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return .seconds(min(Int64(value) ?? longest, longest))
        }
        guard let until = seconds(ofDate: value), let sent = response.header("date").flatMap(seconds(ofDate:)) else {
            return nil
        }
        return .seconds(max(0, min(until - sent, longest)))
    }

    /// Seconds since 1970 of an IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`; the two obsolete forms are not read.
    static func seconds(ofDate text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])),
            let day = Int64(words[1]), let year = Int64(words[3]), (1...31).contains(day), (1970...9999).contains(year)
        else { return nil }
        let time = words[4].split(separator: ":").compactMap { Int64($0) }
        guard time.count == 3, (0...23).contains(time[0]), (0...59).contains(time[1]), (0...60).contains(time[2]) else {
            return nil
        }
        // Days since 1970-01-01, with the year counted from March so that the leap day comes last.
        let shifted = month < 2 ? year - 1 : year
        let dayOfYear = (153 * Int64((month + 10) % 12) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        return days * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2]
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
