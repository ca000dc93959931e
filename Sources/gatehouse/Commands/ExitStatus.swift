import Accounts
import Storage
import Web

/// The exit codes of every command but `run`, in the numbers of `sysexits.h`. The manual page prints this table.
enum ExitStatus: Int32, CaseIterable {
    case refused = 1
    case usage = 64
    case missing = 66
    case unavailable = 69
    case cannotCreate = 73
    case notWritten = 74
    case busy = 75
    case configuration = 78

    /// What it says to a script.
    var meaning: String {
        switch self {
        case .refused: "What was asked for was refused, or failed; the sentence says why."
        case .usage: "The command line is wrong, or somebody would have to be asked and nobody can be."
        case .missing: "The data folder, the account, the user or a file that was named is not there."
        case .unavailable: "The running server does not answer, or a port is not free."
        case .cannotCreate: "A file or folder cannot be made or written."
        case .notWritten: "It was done, but nobody took the answer, such as a full disk behind standard output."
        case .busy: "Another process has the data folder, or an account's file."
        case .configuration: "A setting or a master key is wrong; serve does not start with it."
        }
    }

    /// The status for what went wrong.
    init(_ error: any Error) {
        self =
            switch error {
            case let failure as CommandFailure: failure.status
            case is ConfigurationError, is MasterKeyError: .configuration
            case is FolderLock.Held: .busy
            case is ControlSocket.Failure, is ListenFailure, is ListenerFailure: .unavailable
            case is Files.Failure: .cannotCreate
            case let refusal as Refusal where refusal.code == .objectDoesNotExist: .missing
            case let refusal as Refusal where refusal.message == Refusal.busy: .busy
            case let error as AccountError where error.code == .unknown: .missing
            case let error as AccountError where error.code == .busy: .busy
            default: .refused
            }
    }
}

/// Why a command did not do what it was asked, in a sentence.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    let status: ExitStatus

    init(_ description: String, _ status: ExitStatus = .refused) {
        self.description = description
        self.status = status
    }
}
