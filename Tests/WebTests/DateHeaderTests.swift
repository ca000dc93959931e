import Testing

@testable import Web

@Suite struct DateHeaderTests {
    /// RFC 9110, section 5.6.7.
    @Test func aDateIsWrittenAsTheStandardWantsIt() {
        #expect(DateHeader.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
