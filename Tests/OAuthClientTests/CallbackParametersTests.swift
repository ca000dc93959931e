import Cryptography
import OAuthClient
import Testing

@Suite("A callback's query")
struct CallbackParametersTests {
    @Test("is read with its code, state and issuer")
    func success() throws {
        let parameters = try CallbackParameters(
            query: "code=a%2Fb+c&state=s.t&iss=https%3A%2F%2Fidp.example&session_state=x")
        #expect(parameters.code?.reveal() == "a/b c")
        #expect(parameters.state?.reveal() == "s.t")
        #expect(parameters.iss == "https://idp.example")
        #expect(parameters.error == nil && parameters.errorDescription == nil)
        #expect(!"\(parameters)".contains("a/b"))
    }

    @Test("is read with its error, made fit for a page")
    func failure() throws {
        let parameters = try CallbackParameters(
            query: "error=access%0a_denied%3C&error_description=No%0d%0away%1b%E2%80%AE!&state=s")
        #expect(parameters.error == "access_denied<")
        #expect(parameters.errorDescription == "No way !")
        #expect(parameters.code == nil)
        let long = try CallbackParameters(
            query: "error=" + String(repeating: "e", count: 500) + "&error_description="
                + String(repeating: "d", count: 5000))
        #expect(long.error?.count == 100)
        #expect(long.errorDescription?.count == 300)
    }

    @Test("may lack everything; what is empty is missing")
    func empty() throws {
        for query in ["", "&", "code=&state=", "code&state"] {
            let parameters = try CallbackParameters(query: query)
            #expect(parameters.code == nil && parameters.state == nil && parameters.iss == nil)
        }
    }

    @Test(
        "with any name twice is refused",
        arguments: [
            "code=a&code=a", "code=a&state=s&state=t", "code=a&%63ode=b", "x=1&x=2&code=a", "iss=a&iss=", "code&code=a",
        ])
    func duplicates(_ query: String) {
        #expect(throws: CallbackError(code: .duplicate)) { try CallbackParameters(query: query) }
    }

    @Test(
        "keeps what can be read where something else cannot",
        arguments: [
            "error=access_denied&error_description=Acc%E9s&state=s", "error=access_denied&%E9=x&state=s",
            "error=access_denied&other=%&state=s", "code=%ff&error=access_denied&state=s",
        ])
    func readable(_ query: String) throws {
        let parameters = try CallbackParameters(query: query)
        #expect(parameters.error == "access_denied" && parameters.state?.reveal() == "s")
        #expect(parameters.errorDescription == nil && parameters.code == nil)
    }

    @Test("with an error that cannot be read is an error all the same")
    func unreadableError() throws {
        #expect(try CallbackParameters(query: "error=%E9&code=c&state=s").error == "unreadable_error")
    }

    @Test("that is broken where it matters, or too long, is refused")
    func broken() {
        #expect(throws: CallbackError(code: .malformed)) { try CallbackParameters(query: "state=%ff&code=c") }
        #expect(throws: CallbackError(code: .malformed)) { try CallbackParameters(query: "state=s&code=c&iss=%ff") }
        #expect(throws: CallbackError(code: .duplicate)) { try CallbackParameters(query: "code=a&code=%ff") }
        #expect(throws: CallbackError(code: .malformed)) { try CallbackParameters(query: "code=%") }
        #expect(throws: CallbackError(code: .malformed)) { try CallbackParameters(query: "code=%ff") }
        let long = "code=" + String(repeating: "a", count: CallbackParameters.maximumQueryBytes)
        #expect(throws: CallbackError(code: .tooLong)) { try CallbackParameters(query: long) }
        let many = (0..<51).map { "p\($0)=1" }.joined(separator: "&")
        #expect(throws: CallbackError(code: .tooLong)) { try CallbackParameters(query: many) }
        let issuer = "iss=" + String(repeating: "a", count: 2049)
        #expect(throws: CallbackError(code: .tooLong)) { try CallbackParameters(query: issuer) }
    }
}
