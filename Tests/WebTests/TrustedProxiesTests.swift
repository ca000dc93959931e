import HTTPClient
import Testing

@testable import Web

@Suite struct TrustedProxiesTests {
    private let proxies = TrustedProxies(
        ["127.0.0.1", "10.0.0.0/24", "fd00::/8"].compactMap { AddressBlock(parsing: $0) })

    private func address(_ peer: String, _ header: String?) -> String? {
        proxies.sender(peer: peer, forwardedFor: header)?.address
    }

    @Test func whoIsNoProxyIsNotBelieved() {
        #expect(
            proxies.sender(peer: "192.0.2.1", forwardedFor: "198.51.100.1")
                == .init(address: "192.0.2.1", isProxied: false))
        #expect(
            proxies.sender(peer: "127.0.0.2", forwardedFor: "127.0.0.1")
                == .init(address: "127.0.0.2", isProxied: false))
        #expect(proxies.sender(peer: nil, forwardedFor: "198.51.100.1") == nil)
    }

    @Test func aProxysWordCounts() {
        #expect(
            proxies.sender(peer: "127.0.0.1", forwardedFor: "198.51.100.1")
                == .init(address: "198.51.100.1", isProxied: true))
        #expect(address("127.0.0.1", nil) == "127.0.0.1")
        #expect(address("::ffff:10.0.0.3", "198.51.100.1") == "198.51.100.1")
    }

    @Test func theLastHopThatIsNoProxyIsTheSender() {
        #expect(address("127.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.7") == "198.51.100.1")
        #expect(address("127.0.0.1", "10.0.0.9, 198.51.100.1,10.0.0.7 , fd00::1") == "198.51.100.1")
        #expect(address("127.0.0.1", "10.0.0.9, 10.0.0.7") == "10.0.0.9")
    }

    @Test func whatIsNoAddressEndsTheTrail() {
        #expect(address("127.0.0.1", "198.51.100.1, unknown") == "127.0.0.1")
        #expect(address("127.0.0.1", "198.51.100.1, unknown, 10.0.0.7") == "10.0.0.7")
        for text in ["", " ", ",", "x", "1.2.3", "<script>", "1.2.3.4.5", "[::1", "127.1", "1.2.3.4:5:6"] {
            #expect(address("127.0.0.1", text) == "127.0.0.1", "\(text)")
        }
    }

    @Test func portsAndBracketsAreReadOver() {
        #expect(address("127.0.0.1", "198.51.100.1:4711") == "198.51.100.1")
        #expect(address("127.0.0.1", "[2001:DB8::1]:4711") == "2001:db8::1")
        #expect(address("127.0.0.1", "2001:db8::1") == "2001:db8::1")
        #expect(address("127.0.0.1", "::ffff:198.51.100.1") == "198.51.100.1")
    }
}
