// swift-tools-version: 6.2

import PackageDescription

/// Every target of ours is held to the same rules.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// A room of the house: see docs/architecture.md. Dependencies point downwards only.
func room(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(of room: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(room)Tests",
        dependencies: [.byName(name: room)] + dependencies,
        swiftSettings: strict
    )
}

/// A system library: its header, the pkg-config name, the Debian package that provides both.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
    name: "gatehouse",
    products: [
        .executable(name: "gatehouse", targets: ["gatehouse"]),
        .executable(name: "provider-simulator", targets: ["ProviderSimulator"]),
        .executable(name: "baseline-servers", targets: ["BaselineServers"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.7.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: [
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        system("CJansson", pkgConfig: "jansson", apt: "libjansson-dev"),

        room("ResourcePools", []),
        room("JSON", ["CJansson"]),
        room("Cryptography", ["COpenSSL"]),
        room("HTTPClient", ["CCurl", "ResourcePools"]),
        room("Archives", ["CZlib"]),
        room("OAuthClient", ["HTTPClient", "Cryptography", "JSON"]),
        room("Telemetry", ["JSON", logging, metrics]),
        room("Storage", ["Cryptography", "JSON", grdb]),
        room("Accounts", ["Storage", "Cryptography", "JSON", "ResourcePools"]),
        room(
            "Integrations",
            [
                "Accounts", "Storage", "OAuthClient", "HTTPClient", "Archives", "Cryptography", "JSON", "ResourcePools",
                logging, metrics,
            ]),
        room(
            "Web",
            [
                "Integrations", "Accounts", "Storage", "OAuthClient", "HTTPClient", "Cryptography", "JSON", "Telemetry",
                "ResourcePools",
                hummingbird, hummingbirdCore, httpTypes, logging, metrics, mustache, nioCore, nioHTTP1, nioPosix,
                serviceLifecycle,
            ],
            resources: [.embedInCode("Resources")]
        ),
        .executableTarget(
            name: "gatehouse",
            dependencies: [
                "Web", "Integrations", "Accounts", "Storage", "HTTPClient", "Cryptography", "JSON", "Telemetry",
                argumentParser, hummingbird, hummingbirdCore, logging, metrics, nioCore, nioPosix, serviceLifecycle,
                unixSignals,
            ],
            swiftSettings: strict
        ),

        // Beside the house: the provider that tests, demo and benchmarks talk to. Never linked into the server.
        .executableTarget(
            name: "ProviderSimulator",
            dependencies: ["Cryptography", "JSON", argumentParser, hummingbird, httpTypes, logging, nioCore],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "BaselineServers",
            dependencies: [argumentParser, hummingbird, httpTypes, logging, nioCore, nioPosix, nioHTTP1],
            path: "Benchmarks/BaselineServers",
            swiftSettings: strict
        ),

        tests(of: "ResourcePools"),
        tests(of: "JSON"),
        tests(of: "Cryptography"),
        tests(of: "HTTPClient", ["ResourcePools"]),
        tests(of: "Archives", ["CZlib"]),
        tests(of: "OAuthClient", ["HTTPClient", "Cryptography", "JSON"]),
        tests(of: "Telemetry", ["JSON", logging, metrics]),
        tests(of: "Storage", ["Cryptography", "JSON", grdb]),
        tests(of: "Accounts", ["Storage", "Cryptography", "JSON"]),
        tests(
            of: "Integrations", ["Accounts", "Storage", "OAuthClient", "HTTPClient", "Cryptography", "JSON", logging]),
        tests(
            of: "Web",
            [
                "Integrations", "Accounts", "Storage", "HTTPClient", "Cryptography", "JSON", httpTypes, logging,
                nioCore, nioEmbedded, nioHTTP1,
            ]),
    ],
    swiftLanguageModes: [.v6]
)
