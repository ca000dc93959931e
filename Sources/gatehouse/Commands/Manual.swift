import ArgumentParser
import JSON

/// `gatehouse manual`: the manual page, made of the commands themselves, so that it never says anything else than they do.
struct Manual: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the manual page of all commands, for man(1).",
        discussion: """
            To read it at once: gatehouse manual | man -l -. To install it: gatehouse manual > \
            /usr/local/share/man/man1/gatehouse.1.
            """
    )

    func run() async throws {
        try await Failures.reported {
            let dump = try JSON.parse(Gatehouse._dumpHelp())
            try Answer.raw(ManualPage(dump["command"] ?? .null).text)
        }
    }
}

/// The page in the language of man(7).
struct ManualPage {
    private static let serve = "serve"

    private var lines: [String] = []
    /// The names of `serve`'s options. Most commands take them, and the page describes them once.
    private let settings: Set<String>

    /// - Parameter program: what the argument parser says of the root command (its `CommandInfoV0`).
    init(_ program: JSON) {
        let commands = program["subcommands"]?.arrayValue ?? []
        let serve = commands.first { $0.words("commandName") == Self.serve }
        settings = Set(serve.map { Self.arguments(of: $0).map(Self.name) } ?? [])
        lines.append(".TH GATEHOUSE 1 \"\" \"gatehouse \(Gatehouse.version)\" \"Gatehouse\"")
        section("NAME")
        prose("gatehouse \u{2014} \(program.words("abstract"))")
        section("SYNOPSIS")
        lines.append(".B gatehouse\n.I command\n.RI [ arguments ]\n.RI [ options ]")
        section("DESCRIPTION")
        paragraphs(program.words("discussion"))
        section("COMMANDS")
        for command in commands { describe(command, after: "gatehouse") }
        section("SETTINGS")
        prose(
            "For serve, and for each command above that takes the settings. A flag is followed by its environment variable and its default, in brackets. A flag counts more than the variable."
        )
        for argument in serve.map(Self.arguments) ?? [] { describe(argument) }
        section("EXIT STATUS")
        item("0")
        prose("It was done.")
        for status in ExitStatus.allCases {
            item("\(status.rawValue)")
            prose(status.meaning)
        }
        prose("gatehouse run returns the exit code of its command; its own are listed there.", isParagraph: true)
    }

    /// The whole page.
    var text: String { lines.joined(separator: "\n") + "\n" }

    /// One command that does something, or all those below one that only groups them.
    private mutating func describe(_ command: JSON, after parents: String) {
        let name = "\(parents) \(command.words("commandName"))"
        if let commands = command["subcommands"]?.arrayValue, !commands.isEmpty {
            for command in commands where command.words("commandName") != "help" { describe(command, after: name) }
            return
        }
        guard command["shouldDisplay"] != .bool(false), command.words("commandName") != "help" else { return }
        let arguments = Self.arguments(of: command)
        let positional = arguments.filter { $0.words("kind") == "positional" }.map { argument in
            let word = argument.words("valueName").uppercased() + (argument["isRepeating"] == .bool(true) ? "..." : "")
            return argument["isOptional"] == .bool(true) ? "[\(word)]" : word
        }
        lines.append(".SS \"\(Self.escaped(([name] + positional).joined(separator: " ")))\"")
        prose(command.words("abstract"))
        paragraphs(command.words("discussion"))
        let isServe = command.words("commandName") == Self.serve
        for argument in arguments where !settings.contains(Self.name(argument)) { describe(argument) }
        let takesSettings = arguments.contains { settings.contains(Self.name($0)) }
        if takesSettings { prose(isServe ? "Takes the settings." : "Takes the settings, too.", isParagraph: true) }
    }

    private mutating func describe(_ argument: JSON) {
        let value = argument.words("valueName").uppercased()
        switch argument.words("kind") {
        case "positional": item(value)
        case "option": item("\(Self.name(argument)) \(value)")
        default: item(Self.name(argument))
        }
        prose(argument.words("abstract"))
        paragraphs(argument.words("discussion"))
    }

    private mutating func section(_ title: String) { lines.append(".SH \(title)") }

    private mutating func item(_ label: String) { lines.append(".TP\n.B \"\(Self.escaped(label))\"") }

    private mutating func paragraphs(_ words: String) {
        let paragraphs = words.split(separator: "\n\n").filter { !$0.isEmpty }
        for paragraph in paragraphs { prose(String(paragraph), isParagraph: true) }
    }

    private mutating func prose(_ words: String, isParagraph: Bool = false) {
        guard !words.isEmpty else { return }
        if isParagraph { lines.append(".PP") }
        lines.append(Self.escaped(words))
    }

    /// The part of a command that the manual shows. `--help` exists on every command and is left out.
    private static func arguments(of command: JSON) -> [JSON] {
        (command["arguments"]?.arrayValue ?? []).filter { argument in
            argument["shouldDisplay"] != .bool(false) && !["--help", "--version"].contains(name(argument))
        }
    }

    /// `--name` of a flag or an option, the value's name of an argument.
    private static func name(_ argument: JSON) -> String {
        guard let name = argument["preferredName"], !name.isNull else { return argument.words("valueName") }
        return (name.words("kind") == "long" ? "--" : "-") + name.words("name")
    }

    /// Nothing in the text may be taken for a request of the language; a hyphen stays one that can be copied.
    private static func escaped(_ text: String) -> String {
        let words = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\u{2014}", with: "\\-")
            .replacing("\"", with: "\\(dq")
        return words.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix(".") || line.hasPrefix("'") ? "\\&" + line : String(line)
        }.joined(separator: "\n")
    }
}
