import Foundation
import OAuthClient
import Testing

@Suite("The table of errors")
struct TokenErrorCodeTests {
    private static let document = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/provider_errors.md")

    /// The rows of the table below a heading, each with its cells.
    private func rows(below heading: String) throws -> [[String]] {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: Substring(heading)))
        let table = lines[start...].drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }
        return table.dropFirst(2).map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test("in the documentation is the program's")
    func documented() throws {
        let program = TokenErrorCode.all.map { entry in
            let words = entry.words.map { " with \"\($0)\"" } ?? ""
            return ["`\(entry.code)`\(words)", entry.source, entry.effect.rawValue, "`\(entry.reason)`"]
        }
        let document = try rows(below: "## Errors by their code")
        #expect(Set(document) == Set(program))
        #expect(document.count == program.count)
    }

    @Test("has each code once, in lower case, and asks for words first where there is another of that code")
    func unambiguous() {
        let all = TokenErrorCode.all
        #expect(Set(all.map { [$0.code, $0.words ?? ""] }).count == all.count)
        #expect(all.allSatisfy { $0.code == $0.code.lowercased() && $0.words == $0.words?.lowercased() })
        for (index, entry) in all.enumerated() where entry.words == nil {
            #expect(!all[index...].dropFirst().contains { $0.code == entry.code })
        }
    }

    @Test("has every error of RFC 6749 and of OpenID Connect")
    func complete() {
        let codes = Set(TokenErrorCode.all.map(\.code))
        // RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core section 3.1.2.6.
        let standard: Set<String> = [
            "invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope",
            "server_error", "temporarily_unavailable", "invalid_client", "invalid_grant", "unsupported_grant_type",
            "interaction_required", "login_required", "account_selection_required", "consent_required",
            "invalid_request_uri", "invalid_request_object", "request_not_supported", "request_uri_not_supported",
            "registration_not_supported",
        ]
        #expect(standard.isSubset(of: codes))
    }
}
