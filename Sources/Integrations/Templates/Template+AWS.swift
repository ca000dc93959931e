import Accounts
import HTTPClient
import JSON
import Storage

extension Template {
    /// What an AWS integration says, ready to be used.
    enum AWS {
        /// How credentials are asked for.
        struct Settings: Sendable {
            let roleARN: String
            let region: String
            /// Where `AssumeRoleWithWebIdentity` is asked.
            let stsEndpoint: OutboundURL
            /// The `aud` of the tokens.
            let audience: String
            let durationSeconds: Int64
            /// What the admin wants the role's session to be called, where the admin wants something.
            let sessionName: String?
        }

        /// - Throws: `Refusal` 228 where region and role are of different partitions, or the endpoint is not usable.
        static func settings(of integration: IntegrationRecord, policy: OutboundPolicy) throws(Refusal) -> Settings {
            try settings(Template.aws.complete(integration.config), policy: policy)
        }

        static func settings(_ config: JSONObject, policy: OutboundPolicy) throws(Refusal) -> Settings {
            func text(_ name: String) -> String { config[name]?.stringValue ?? "" }
            let (role, region, typed) = (text("role_arn"), text("sts_region"), text("sts_endpoint"))
            let partition = Partition(region: region)
            guard role.hasPrefix("arn:\(partition.rawValue):") else {
                throw .invalid(
                    "sts_region",
                    "sts_region \(region) is in the partition \(partition.rawValue), and role_arn is not: they must agree.",
                    code: .templateConfig
                )
            }
            let endpoint =
                try typed.isEmpty
                ? OutboundURL.usable(
                    "https://sts.\(region).\(partition.domain)/", field: "sts_region", policy: policy)
                : Template.stsHosts.address(of: typed, policy: policy)
            return Settings(
                roleARN: role, region: region, stsEndpoint: endpoint, audience: text("audience"),
                durationSeconds: Int64(text("session_duration")) ?? 3600,
                sessionName: text("session_name").isEmpty ? nil : text("session_name")
            )
        }

        /// The separate worlds of AWS. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
        private enum Partition: String {
            case worldwide = "aws"
            case china = "aws-cn"
            case government = "aws-us-gov"

            init(region: String) {
                self = region.hasPrefix("cn-") ? .china : region.hasPrefix("us-gov-") ? .government : .worldwide
            }

            var domain: String { self == .china ? "amazonaws.com.cn" : "amazonaws.com" }
        }
    }

    /// What only all of a config together can tell.
    func judge(_ config: JSONObject, policy: OutboundPolicy) throws(Refusal) {
        if key == Template.aws.key { _ = try AWS.settings(config, policy: policy) }
    }
}
