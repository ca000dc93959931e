public import JSON

/// What a bundle's manifest says of it.
public struct BundleManifest: Sendable, Equatable {
    /// What kind of content it is, in Connect's words: `python-shiny`, `static`, ...
    public let appMode: String
    /// The version of R it was made with, where it needs R.
    public let rVersion: String?
    /// The version of Python it was made with, where it needs Python.
    public let pyVersion: String?
    /// The version of Quarto it was made with, where it needs Quarto.
    public let quartoVersion: String?

    /// A manifest with these values.
    public init(appMode: String, rVersion: String?, pyVersion: String?, quartoVersion: String?) {
        self.appMode = appMode
        self.rVersion = rVersion
        self.pyVersion = pyVersion
        self.quartoVersion = quartoVersion
    }

    /// The kinds that are shown as they were made: nothing runs for a viewer.
    private static let staticModes: Set<String> = [
        "static", "rmd-static", "jupyter-static", "quarto-static", "jupyter-notebook",
    ]

    /// Whether something runs for each viewer, and so can act for them.
    public var isInteractive: Bool { !Self.staticModes.contains(appMode) }
}

/// The sources of a content as they were uploaded at one time.
public struct BundleRecord: Sendable, Equatable {
    /// Counts up from 1 in the account; 0 before it is stored.
    public var id: Int64
    /// Whose sources they are.
    public let contentGUID: GUID
    /// The bytes of the archive.
    public let size: Int64
    /// What the archive's manifest says.
    public let manifest: BundleManifest
    /// Where the sources come from (a repository, a commit), in the uploader's words.
    public let source: JSONObject
    /// When it was uploaded.
    public let createdAt: Timestamp

    /// A bundle with these values.
    public init(
        id: Int64 = 0, contentGUID: GUID, size: Int64, manifest: BundleManifest, source: JSONObject,
        createdAt: Timestamp
    ) {
        self.id = id
        self.contentGUID = contentGUID
        self.size = size
        self.manifest = manifest
        self.source = source
        self.createdAt = createdAt
    }
}

/// What of a content was deployed last.
public struct DeploymentRecord: Sendable, Equatable {
    /// The active bundle.
    public let bundleID: Int64
    /// What its manifest says.
    public let manifest: BundleManifest
    /// When it was made the active one.
    public let at: Timestamp

    /// A deployment with these values.
    public init(bundleID: Int64, manifest: BundleManifest, at: Timestamp) {
        self.bundleID = bundleID
        self.manifest = manifest
        self.at = at
    }
}

/// What a deployment had to say. It is over when it is written: nothing is built here.
public struct TaskRecord: Sendable, Equatable {
    /// Which it is.
    public let guid: GUID
    /// The content that was deployed.
    public let contentGUID: GUID
    /// The lines for whoever deployed it.
    public let output: [String]
    /// When it was done.
    public let createdAt: Timestamp

    /// A task with these values.
    public init(guid: GUID, contentGUID: GUID, output: [String], createdAt: Timestamp) {
        self.guid = guid
        self.contentGUID = contentGUID
        self.output = output
        self.createdAt = createdAt
    }
}

/// An environment variable of a content, its value sealed.
public struct EnvironmentVariableRecord: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// The value, sealed for this content and name.
    public let sealedValue: [UInt8]

    /// A variable with these values.
    public init(name: String, sealedValue: [UInt8]) {
        self.name = name
        self.sealedValue = sealedValue
    }
}
