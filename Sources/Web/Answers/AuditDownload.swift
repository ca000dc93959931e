import Accounts
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Integrations
import NIOCore
import Storage

extension Response {
    /// The audit as a file, page by page as it is read: by the API and by the pages alike.
    static func download(_ export: AuditExport, of tenant: Tenant) -> Response {
        let name = "audit-\(tenant.account.slug).\(export.format.rawValue)"
        return Response(
            status: .ok,
            headers: [
                .contentType: export.format == .csv ? "text/csv; charset=utf-8" : "application/x-ndjson",
                .contentDisposition: "attachment; filename=\"\(name)\"", .cacheControl: "no-store",
            ],
            body: ResponseBody { writer in
                var export = export
                while let lines = try await export.next() { try await writer.write(ByteBuffer(string: lines)) }
                try await writer.finish(nil)
                // The account stays open until the last line is out.
                withExtendedLifetime(tenant) {}
            }
        )
    }
}
