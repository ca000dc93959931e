import JSON

extension Template {
    /// AWS: temporary credentials for a role, for tokens that this server signs.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
    static let aws = Template(
        key: "aws", name: "AWS",
        description: "Use AWS with a role that trusts this server, as the viewer or as the content.",
        sections: [
            .authentication(.authType([.viewer, .serviceAccount])),
            .provider(
                Setting(
                    "role_arn", label: "Role ARN", description: "The role that content takes on.", form: .line,
                    validation: Setting.Pattern(
                        "^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,575}$",
                        "the ARN of a role, such as arn:aws:iam::123456789012:role/analysts")
                ).required(),
                Setting(
                    "sts_region", label: "Region", description: "The region whose security token service is asked.",
                    form: .line,
                    validation: Setting.Pattern(
                        "^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", "the name of a region, such as eu-central-1")
                ).required().alsoKnown(as: "region"),
                Setting(
                    "audience", label: "Audience",
                    description: "The aud of the tokens, as the role's trust policy expects it.", form: .line,
                    default: "sts.amazonaws.com",
                    validation: Setting.Pattern("^[\\x21-\\x7e]{1,255}$", "1 to 255 printable characters")
                ),
                Setting(
                    "session_duration", label: "Session duration",
                    description: "How long the credentials work, in seconds; the role's own limit counts too.",
                    form: .number(900...43200), default: "3600",
                    validation: Setting.Pattern("^[0-9]{3,5}$", "seconds, from 900 to 43200")
                ),
                Setting(
                    "session_name", label: "Session name",
                    description: "The name of the role's session; without it, the viewer's or the content's id.",
                    form: .line,
                    validation: Setting.Pattern("^[A-Za-z0-9_+=,.@-]{2,64}$", "2 to 64 letters, digits or _+=,.@-")
                ),
                Setting(
                    "sts_endpoint", label: "STS endpoint",
                    description: "Another host of the security token service than the region's own.",
                    form: .host(stsHosts)
                )
            ),
        ],
        endpoints: .none,
        environment: [EnvironmentRule("AWS_REGION", .text("sts_region"))],
        instructions: [trust]
    )

    private static let trust = Instructions(
        heading: "Let a role trust this account of Gatehouse",
        documentation: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
        steps: [
            .init(
                "In IAM open Identity providers and add one of the kind OpenID Connect. As provider URL enter:",
                code: "{issuer}"),
            .init("As audience enter:", code: "{audience}"),
            .init(
                "Create a role for web identity with that provider, or give one this trust policy with your account's number:",
                code: """
                    {
                      "Version": "2012-10-17",
                      "Statement": [{
                        "Effect": "Allow",
                        "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/{issuer_host}"},
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Condition": {"StringEquals": {"{issuer_host}:aud": "{audience}"}}
                      }]
                    }
                    """),
            .init("A condition on {issuer_host}:sub narrows it further: user:GUID is a viewer.", when: .isViewer),
            .init(
                "A condition on {issuer_host}:sub narrows it further: content:GUID is a content.",
                when: .isServiceAccount),
            .init("Copy the role's ARN into the form here."),
        ]
    )

    /// Customers have hosts of their own under amazonaws.com: a token must not go to one of those.
    static let stsHosts = HostRule(
        field: "sts_endpoint", suffixes: [".amazonaws.com", ".amazonaws.com.cn"],
        pattern: Setting.Pattern(
            "^sts(-fips)?([.][a-z]{2}(-[a-z]+)+-[0-9]{1,2})?[.]amazonaws[.]com([.]cn)?$", "a host of STS"),
        example: "sts.eu-central-1.amazonaws.com"
    )
}
