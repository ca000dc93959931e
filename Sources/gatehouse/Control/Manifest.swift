import Glibc
import JSON
import Storage

/// Reads a manifest, and what its `{"env": NAME}` and `{"file": PATH}` refer to, so that no secret has to stand in it.
enum Manifest {
    private static let maximumSize = 1 << 20

    static func read(_ file: String?, account: String, data: DataOptions) throws -> JSON {
        guard let slug = AccountSlug(account) else {
            throw CommandFailure("An account's name has \(AccountSlug.rule).")
        }
        let path = file ?? DataFolder(path: data.path).manifestPath(of: slug)
        do {
            return try resolved(try JSON.parse(try contents(path)), at: "the manifest")
        } catch let error as JSONError {
            throw CommandFailure("\(path) is no JSON: \(error.description)")
        }
    }

    private static func resolved(_ json: JSON, at place: String) throws -> JSON {
        switch json {
        case .array(let values): return .array(try values.map { try resolved($0, at: place) })
        case .object(let object):
            if object.count == 1, let name = object["env"]?.stringValue {
                guard let value = Environment.value(name) else {
                    throw CommandFailure("\(place) wants the environment variable \(name), which is not set.")
                }
                return .string(value)
            }
            if object.count == 1, let path = object["file"]?.stringValue {
                let text = String(decoding: try contents(path), as: UTF8.self)
                return .string(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            }
            return .object(JSONObject(try object.map { ($0.key, try resolved($0.value, at: $0.key)) }))
        default: return json
        }
    }

    private static func contents(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else {
            throw CommandFailure("\(path) cannot be read: \(String(cString: strerror(errno)))", .missing)
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: maximumSize)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }
}
