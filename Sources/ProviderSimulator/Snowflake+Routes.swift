import Cryptography
import HTTPTypes
import Hummingbird
import JSON

extension HTTPField.Name {
    fileprivate static let snowflakeTokenType = HTTPField.Name("X-Snowflake-Authorization-Token-Type")
}

extension Simulator {
    /// The error codes a client meets when its token no longer works.
    private enum SnowflakeCode {
        static let success = "090001"
        static let invalidToken = "390303"
        static let expiredToken = "390318"
        static let tokenMissing = "390101"
        static let malformedRequest = "391902"
    }

    /// The SQL API, version 2: one statement in, the caller's own rows out.
    func addSnowflakeRoutes(to router: Router<SimulatorContext>) {
        router.post("/api/v2/statements") { request, context in
            let body = try await request.object()
            await provider.step { $0.counters.count(.apiCalls) }
            return try await faults.around(.api, simulator: self, context: context) {
                let (holder, refusal) = await snowflakeHolder(of: request)
                guard let holder else {
                    await provider.step { $0.counters.count(.apiRefused) }
                    return refusal
                }
                guard let statement = body["statement"]?.stringValue, !statement.isEmpty else {
                    return Self.snowflakeError(
                        .badRequest, SnowflakeCode.malformedRequest, "The statement is missing.")
                }
                return .json(Self.resultSet(for: holder, now: await provider.step { $0.clock.now }))
            }
        }
    }

    private func snowflakeHolder(of request: Request) async -> (TokenHolder?, Response) {
        let typeName = HTTPField.Name.snowflakeTokenType
        guard let token = request.bearerToken, let typeName, request.headers[typeName]?.uppercased() == "OAUTH" else {
            return (
                nil,
                Self.snowflakeError(.unauthorized, SnowflakeCode.tokenMissing, "Authorization header not found.")
            )
        }
        guard let holder = await provider.step({ $0.holder(ofAccessToken: token) }) else {
            return (
                nil, Self.snowflakeError(.unauthorized, SnowflakeCode.invalidToken, "Invalid OAuth access token.")
            )
        }
        let expired = Self.snowflakeError(
            .unauthorized, SnowflakeCode.expiredToken, "OAuth access token expired.")
        return (holder.isLive ? holder : nil, expired)
    }

    private static func snowflakeError(_ status: HTTPResponse.Status, _ code: String, _ message: String) -> Response {
        .json(Kind.snowflake.apiErrorBody(code: code, sentence: message), status: status)
    }

    private static func resultSet(for holder: TokenHolder, now: Int64) -> JSON {
        let rows = holder.user?.rows ?? []
        let columns = (holder.user?.columns ?? []).map { column -> JSON in
            [
                "name": .string(column.name.uppercased()), "type": .string(column.snowflakeType), "nullable": true,
                "database": "", "schema": "", "table": "", "precision": nil, "scale": nil, "length": nil,
                "byteLength": nil, "collation": nil,
            ]
        }
        let handle = Hex.encode(SecureRandom.bytes(16))
        return [
            "resultSetMetaData": [
                "numRows": .integer(Int64(rows.count)), "format": "jsonv2", "rowType": .array(columns),
                "partitionInfo": [["rowCount": .integer(Int64(rows.count)), "uncompressedSize": 0]],
            ],
            "data": .array(rows.map { .array($0.map(\.asCell)) }),
            "code": .string(SnowflakeCode.success),
            "statementHandle": .string(handle),
            "statementStatusUrl": .string("/api/v2/statements/\(handle)"),
            "sqlState": "00000",
            "message": "Statement executed successfully.",
            "createdOn": .integer(now),
        ]
    }
}

extension SimulatedUser.Column {
    /// Snowflake's name of the column's type.
    fileprivate var snowflakeType: String {
        switch type.uppercased() {
        case "INT", "BIGINT", "LONG", "DECIMAL", "NUMBER": "fixed"
        case "DOUBLE", "FLOAT": "real"
        case "BOOLEAN": "boolean"
        default: "text"
        }
    }
}
