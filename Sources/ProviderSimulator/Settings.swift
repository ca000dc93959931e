import JSON

/// What a test may bend. The defaults are what the real service does.
struct Settings: Sendable {
    /// How `expires_in` appears in an answer.
    enum LifetimeForm: String, Sendable {
        case number
        case string
        case missing
    }

    var accessTokenSeconds: Int64
    var refreshTokenSeconds: Int64
    /// Databricks' interfaces refuse access tokens that end within this time.
    var lastSecondsRefused: Int64 = 30
    /// A login ends after this long however often it is refreshed; 0 is never.
    var sessionSeconds: Int64 = 0
    var rotateRefreshTokens = true
    var singleUseRefreshTokens = true
    var revokeFamilyOnReuse = true
    /// Snowflake's single-use tokens end earlier access tokens, too; Databricks' do not.
    var refreshEndsAccessTokens: Bool
    var requirePKCE = true
    var sendIssuer = false
    var advertiseIssuer = false
    /// What `iss` says in the callback and the id_token instead of the truth: the lever of a mix-up attack.
    var issuerOverride: String?
    var lifetimeForm = LifetimeForm.number
    var scopeAsArray = false
    var formEncodedAnswers = false
    var errorWith200 = false
    var omitRefreshTokenOnRefresh = false
    var deadRefreshAsInvalidRequest = false
    /// Scopes that nobody gets, whoever asks; the answer names those that were granted.
    var withheldScopes: Set<String> = []
    /// Whether the generic provider's metadata names its revocation endpoint.
    var offerRevocation = true
    /// Where the generic provider has its metadata, and what is wrong with it.
    var metadataPlaces = Set(MetadataPlace.allCases)
    var metadataLie: MetadataLie?

    init(kind: Kind) {
        switch kind {
        case .databricks:
            accessTokenSeconds = 3600
            refreshTokenSeconds = 7 * 24 * 3600
            refreshEndsAccessTokens = false
        case .snowflake:
            accessTokenSeconds = 600
            refreshTokenSeconds = 90 * 24 * 3600
            refreshEndsAccessTokens = true
        case .generic:
            accessTokenSeconds = 3600
            refreshTokenSeconds = 30 * 24 * 3600
            refreshEndsAccessTokens = false
        }
    }
}
