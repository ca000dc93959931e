import Testing

@testable import HTTPClient

@Suite("The address guard")
struct AddressGuardTests {
    @Test(
        "refuses every special address",
        arguments: [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255",
            "127.0.0.1", "127.255.255.255", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
            "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255",
            "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::2", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
            "::ffff:169.254.169.254",
            "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "100::1",
            "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
            "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1",
            "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1",
        ])
    func refusesSpecialAddresses(_ text: String) throws {
        #expect(!AddressGuard.isPublic(try #require(IPAddress(canonical: text))))
    }

    @Test(
        "lets public addresses pass, also right beside the special ones",
        arguments: [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
            "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
            "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0",
            "223.255.255.255", "2000::1", "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1",
            "2003::1", "2606:4700::1111", "3ffe::1", "3fff:1000::1", "64:ff9b::8.8.8.8",
        ])
    func letsPublicAddressesPass(_ text: String) throws {
        #expect(AddressGuard.isPublic(try #require(IPAddress(canonical: text))))
    }

    @Test("reads addresses only in canonical notation, and prints them back")
    func canonicalNotation() {
        for text in [
            "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", " 127.0.0.1", "1::2::3", "fe80::1%eth0",
            "",
        ] {
            #expect(IPAddress(canonical: text) == nil, "\(text)")
        }
        #expect(IPAddress(canonical: "0:0:0:0:0:0:0:1")?.description == "::1")
        #expect(IPAddress(canonical: "10.20.30.40")?.description == "10.20.30.40")
        #expect(IPAddress(canonical: "2001:DB8::A")?.description == "2001:db8::a")
    }
}
