import ArgumentParser

/// What can be told to `serve` and `check-config`: flags, then `GATEHOUSE_*` variables, then defaults.
struct ServerOptions: ParsableArguments {
    @OptionGroup var data: DataOptions

    @OptionGroup var telemetry: TelemetryOptions

    @Option(help: "Where to listen, HOST:PORT; port 0 is any free one. [GATEHOUSE_LISTEN, default 127.0.0.1:8080]")
    var listen: String?

    @Option(
        name: .customLong("base-url"),
        help: "The origin people and providers use. [GATEHOUSE_BASE_URL, default http://localhost:PORT]")
    var baseURL: String?

    @Option(
        name: .customLong("content-url"),
        help:
            "The origin of content, on another host name than the base URL; https://*.apps.example.com gives each content its own. [GATEHOUSE_CONTENT_URL]"
    )
    var contentURL: String?

    @Option(
        help:
            "A host that may be called although it is not public. Repeatable. [GATEHOUSE_ALLOW_HOST, separated by commas]"
    )
    var allowHost: [String] = []

    @Option(
        help:
            "A PEM file with certificates of authorities that are trusted besides the system's when providers are called, such as a company's own. [GATEHOUSE_CA_FILE]"
    )
    var caFile: String?

    @Option(
        help:
            "A host beside this machine at which content may run. Repeatable. [GATEHOUSE_ALLOW_UPSTREAM, separated by commas]"
    )
    var allowUpstream: [String] = []

    @Option(
        help:
            "A proxy that is believed about where a request came from: an address, or a block such as 10.0.0.0/24. Repeatable. [GATEHOUSE_TRUSTED_PROXIES, separated by commas, default 127.0.0.0/8 and ::1]"
    )
    var trustedProxy: [String] = []

    @Option(help: "The largest bundle that is taken. [GATEHOUSE_MAX_BUNDLE_SIZE, default 100MiB]")
    var maxBundleSize: String?

    @Option(
        help:
            "How long a connection may wait for its next request; longer than the proxy in front keeps one, which is 15s with those of deploy/. [GATEHOUSE_IDLE_TIMEOUT, default 75s]"
    )
    var idleTimeout: String?

    @Option(
        help:
            "How long requests are still served after SIGTERM while /readyz says 503, so that load balancers notice. [GATEHOUSE_SHUTDOWN_DELAY, default 0s]"
    )
    var shutdownDelay: String?

    @OptionGroup var quotas: QuotaOptions

    @Option(
        help: "The file with the master keys. [GATEHOUSE_MASTER_KEY_FILE, default DATA/.master-key]",
        completion: .file())
    var masterKeyFile: String?
}

/// How many of what an account, a content or a user may have.
struct QuotaOptions: ParsableArguments {
    @Option(
        help: "The bundles of one content; the oldest inactive ones go. [GATEHOUSE_MAX_BUNDLES_PER_CONTENT, default 20]"
    )
    var maxBundlesPerContent: String?

    @Option(help: "The bytes of all bundles of an account. [GATEHOUSE_MAX_BUNDLE_STORAGE, default 2GiB]")
    var maxBundleStorage: String?

    @Option(help: "The contents of an account. [GATEHOUSE_MAX_CONTENTS, default 1000]")
    var maxContents: String?

    @Option(help: "The environment variables of one content. [GATEHOUSE_MAX_VARIABLES, default 200]")
    var maxVariables: String?

    @Option(help: "The API keys of one user. [GATEHOUSE_MAX_KEYS, default 50]")
    var maxKeys: String?
}

/// Where the accounts are.
struct DataOptions: ParsableArguments {
    @Option(help: "The folder of all accounts. [GATEHOUSE_DATA, default tenants]", completion: .directory)
    var data: String?
}

/// How a command answers.
struct AnswerOptions: ParsableArguments {
    @Flag(help: "Answer in JSON.")
    var json = false
}
