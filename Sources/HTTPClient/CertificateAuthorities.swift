import CCurl
import Glibc

/// Whose certificates are trusted when another server is called over https.
public struct CertificateAuthorities: Sendable {
    /// A PEM file in place of the system's.
    public let file: String?
    /// A folder of certificates in place of the system's, named by their hashes (`openssl rehash`).
    public let directory: String?
    /// PEM text that takes the place of the file: what that file has, and the certificates that are trusted besides. Empty: none
    /// is.
    let additional: [UInt8]

    /// The system's, or a PEM file and a folder in their place.
    public init(file: String? = nil, directory: String? = nil) {
        self.file = file
        self.directory = directory
        additional = []
    }

    /// What OpenSSL's variables say: `SSL_CERT_FILE` and `SSL_CERT_DIR`, in place of the system's file and folder.
    public static func fromEnvironment() -> CertificateAuthorities {
        func value(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        return CertificateAuthorities(file: value("SSL_CERT_FILE"), directory: value("SSL_CERT_DIR"))
    }

    /// The same and the certificates of a PEM file besides, such as those of a company's own authority.
    ///
    /// - Parameter pem: the file's bytes. libcurl refuses every call where one certificate of them cannot be read.
    public func adding(pem: [UInt8]) -> CertificateAuthorities {
        let system = file ?? gatehouse_curl_ca_file().map { String(cString: $0) }
        let known = system.flatMap(Self.read) ?? []
        return CertificateAuthorities(file: file, directory: directory, additional: known + [0x0A] + pem)
    }

    private init(file: String?, directory: String?, additional: [UInt8]) {
        self.file = file
        self.directory = directory
        self.additional = additional
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let stream = fopen(path, "re") else { return nil }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&chunk, 1, chunk.count, stream)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }
}
