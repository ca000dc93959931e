import Accounts
import JSON
import Storage

extension QuotaOptions {
    /// The quotas that an operator can set: flag, variable, what is asked for.
    private static let settings:
        [(quota: Quota, flag: String, variable: String, text: @Sendable (QuotaOptions) -> String?)] = [
            (
                .bundlesPerContent, "--max-bundles-per-content", "GATEHOUSE_MAX_BUNDLES_PER_CONTENT",
                { $0.maxBundlesPerContent }
            ),
            (.bundleBytes, "--max-bundle-storage", "GATEHOUSE_MAX_BUNDLE_STORAGE", { $0.maxBundleStorage }),
            (.contents, "--max-contents", "GATEHOUSE_MAX_CONTENTS", { $0.maxContents }),
            (.variablesPerContent, "--max-variables", "GATEHOUSE_MAX_VARIABLES", { $0.maxVariables }),
            (.keysPerUser, "--max-keys", "GATEHOUSE_MAX_KEYS", { $0.maxKeys }),
        ]

    /// The limits: what flags say, then variables, then the usual ones.
    ///
    /// - Throws: `ConfigurationError` naming the flag.
    func limits() throws -> Quotas {
        var limits: [Quota: Int] = [:]
        for setting in Self.settings {
            guard let text = setting.text(self) ?? Environment.value(setting.variable) else { continue }
            let name = "\(setting.flag) (\(setting.variable))"
            limits[setting.quota] =
                setting.quota == .bundleBytes
                ? try ByteSize.parse(text, name) : try Self.number(text, name, Self.range(of: setting.quota))
        }
        return Quotas(limits)
    }

    /// What `check-config` prints: `max_contents` and so on.
    static func summary(_ quotas: Quotas) -> JSONObject {
        JSONObject(
            settings.map { setting in
                let name = setting.flag.dropFirst(2).replacing("-", with: "_")
                return (String(name), .integer(Int64(quotas[setting.quota])))
            })
    }

    private static func range(of quota: Quota) -> ClosedRange<Int> {
        switch quota {
        // The active bundle stays, so that there must be room for another one.
        case .bundlesPerContent: 2...10_000
        case .variablesPerContent: 1...EnvironmentVariables.maximumCount
        default: 1...1_000_000
        }
    }

    private static func number(_ text: String, _ flag: String, _ range: ClosedRange<Int>) throws -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError(
                "\(flag) must be a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
