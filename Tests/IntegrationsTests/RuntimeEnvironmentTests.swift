import Cryptography
import Testing

@testable import Integrations

@Suite struct RuntimeEnvironmentTests {
    private func values(_ environment: RuntimeEnvironment) -> [String: String] {
        Dictionary(uniqueKeysWithValues: environment.variables.map { ($0.name, $0.value.reveal()) })
    }

    private func contribution(_ integration: String, _ value: String) -> RuntimeEnvironment.Contribution {
        .init(integration: integration, variables: [("HOST", value)])
    }

    @Test func gatehouseWinsOverIntegrationsAndTheyOverThePublisher() {
        let environment = RuntimeEnvironment(
            own: [
                ("HOST", SecretString("own")), ("CONNECT_SERVER", SecretString("own")), ("MINE", SecretString("own")),
            ],
            contributions: [contribution("data", "warehouse")],
            fixed: [("CONNECT_SERVER", SecretString("https://g.example"))])
        #expect(
            values(environment) == ["HOST": "warehouse", "CONNECT_SERVER": "https://g.example", "MINE": "own"])
        #expect(environment.variables.map(\.name) == ["CONNECT_SERVER", "HOST", "MINE"])
        #expect(environment.warnings.count == 1)
        #expect(environment.warnings.first?.hasPrefix("HOST of the content is overridden by") == true)
    }

    @Test func integrationsThatDisagreeSetNothingAndThePublisherDecides() {
        let pair = [contribution("one", "a"), contribution("two", "b")]
        let undecided = RuntimeEnvironment(own: [], contributions: pair, fixed: [])
        #expect(undecided.variables.isEmpty)
        #expect(undecided.warnings.count == 1)
        #expect(undecided.warnings.first?.hasPrefix("HOST is not set by one, two") == true)
        let decided = RuntimeEnvironment(own: [("HOST", SecretString("b"))], contributions: pair, fixed: [])
        #expect(values(decided) == ["HOST": "b"])
    }

    @Test func protectedVariablesAreLeftOutWithAWarningThatHasNoValue() {
        let environment = RuntimeEnvironment(
            own: [
                ("PATH", SecretString("/mine")), ("Ld_Preload", SecretString("/mine")), ("MINE", SecretString("own")),
                ("BUNDLE", SecretString("/proc/self/environ")),
            ],
            contributions: [], fixed: [])
        #expect(values(environment) == ["MINE": "own"])
        #expect(environment.warnings.count == 3)
        #expect(environment.warnings.allSatisfy { $0.contains("left out") })
        #expect(environment.warnings.allSatisfy { !$0.contains("/mine") && !$0.contains("environ") })
    }

    @Test func integrationsThatAgreeAreNoConflict() {
        let environment = RuntimeEnvironment(
            own: [], contributions: [contribution("one", "a"), contribution("two", "a")], fixed: [])
        #expect(values(environment) == ["HOST": "a"])
        #expect(environment.warnings.isEmpty)
    }
}
