import Accounts
import Integrations
import JSON

extension Resource {
    static let exchange = Resource(
        "exchange", "Content turns a session token into credentials (RFC 8693).",
        schemas: [
            "Credentials": .object(
                [
                    "access_token": .text.described("For AWS: base64 of a JSON object with the credentials."),
                    "issued_token_type": .word(of: IssuedTokenType.allCases.map(\.rawValue)),
                    "token_type": .word(of: IssuedTokenType.allCases.map(\.tokenType)),
                ], optional: ["expires_in": .integer(from: 0).described("The seconds that remain, where known.")])
        ],
        [
            Operation(
                .post, "/v1/oauth/integrations/credentials", "Exchange a session token for credentials",
                for: .publisher,
                body: .form(
                    .form(
                        [
                            "grant_type": .word(of: [ExchangeRequest.grantType]),
                            "subject_token_type": .word(of: [
                                ExchangeRequest.userTokenType, ExchangeRequest.contentTokenType,
                            ]),
                            "subject_token": .text(1...4096),
                        ],
                        optional: [
                            "requested_token_type": .word(of: IssuedTokenType.allCases.map(\.rawValue)),
                            "audience": .guid.described("The integration, where the content uses several."),
                        ])),
                answers: .json(.ref("Credentials")),
                refusals: [
                    .objectDoesNotExist, .noAssociation, .grantType, .subjectTokenType, .subjectToken,
                    .issuedByAnotherServer, .viewerUnknown, .refreshFailed, .loginRequired, .contentSessionToken,
                    .viewerTokenNotSupported, .contentTokenNotSupported, .serviceAccountFailed, .requestedTokenType,
                    .awsFailed, .requestedTokenTypeNotFitting, .visitorKeyNeedsViewer, .audience, .audienceMissing,
                    .templateConfig, .tooManyRequests,
                ])
        ]
    )
}
