import ArgumentParser
import Glibc
import ServiceLifecycle

/// Turns what went wrong into a sentence on standard error and an exit code (`sysexits.h`).
enum Failures {
    /// The sentence of any error. Ours all describe themselves in one; what others print of theirs may be everything that
    /// they hold.
    static func sentence(_ error: any Error) -> String {
        switch error {
        case is ServiceGroupError: "a part of the server ended by itself; the log says more"
        case is CancellationError: "it was broken off because the process ends: run it again"
        case let error as any CustomStringConvertible: String(error.description.prefix(longestSentence))
        default: "something failed that has no words of its own (\(type(of: error)))"
        }
    }

    /// Some name ten accounts, each with its cause.
    private static let longestSentence = 8000

    /// Runs a command's body.
    static func reported(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ExitCode {
            throw error
        } catch {
            report(sentence(error))
            throw ExitCode((error as? RunFailure)?.code.rawValue ?? ExitStatus(error).rawValue)
        }
    }

    /// A sentence on standard error.
    static func report(_ sentence: String) {
        let line = Array("gatehouse: \(sentence)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}
