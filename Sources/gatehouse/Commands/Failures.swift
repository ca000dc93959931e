import Accounts
import ArgumentParser
import Glibc
import HTTPClient
import Storage

/// Turns what went wrong into a sentence on standard error and an exit code (`sysexits.h`).
enum Failures {
    /// The sentence of any error; ours all describe themselves in one.
    static func sentence(_ error: any Error) -> String { "\(error)" }

    /// Runs a command's body.
    static func reported(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ExitCode {
            throw error
        } catch {
            report(sentence(error))
            throw ExitCode(code(error))
        }
    }

    /// A sentence on standard error.
    static func report(_ sentence: String) {
        let line = Array("gatehouse: \(sentence)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }

    private static func code(_ error: any Error) -> Int32 {
        switch error {
        case let failure as RunFailure: failure.code.rawValue
        case is ConfigurationError, is MasterKeyError: EX_CONFIG
        case is FolderLock.Held: EX_TEMPFAIL
        case is ControlSocket.Failure: EX_UNAVAILABLE
        default: EXIT_FAILURE
        }
    }
}
