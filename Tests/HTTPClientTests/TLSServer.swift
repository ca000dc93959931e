import Glibc

/// OpenSSL's own test server with a certificate made for one name, valid for a day.
final class TLSServer: @unchecked Sendable {
    // Unchecked: nothing changes after init, and the FILE is touched in init and deinit only.
    let port: UInt16
    /// Path of the certificate, which is its own authority.
    let certificate: String
    private let directory: String
    private let process: UnsafeMutablePointer<FILE>
    private let identifier: pid_t

    /// nil when openssl is not there.
    init?(name: String) {
        var template = Array("\(P_tmpdir)/gatehouse-tls-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        certificate = "\(directory)/certificate.pem"
        let key = "\(directory)/key.pem"
        let made = system(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=\(name) "
                + "-addext subjectAltName=DNS:\(name) -keyout \(key) -out \(certificate) 2>/dev/null")
        let command = "echo $$; exec openssl s_server -www -accept 127.0.0.1:0 -cert \(certificate) -key \(key) 2>&1"
        guard made == 0, let process = popen(command, "r") else { return nil }
        self.process = process
        func nextLine() -> String? {
            var line = [CChar](repeating: 0, count: 512)
            guard fgets(&line, Int32(line.count), process) != nil else { return nil }
            return String(decoding: line.prefix { $0 != 0 && $0 != 0x0a }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        identifier = nextLine().flatMap { pid_t($0) } ?? 0
        var port: UInt16 = 0
        while port == 0, let line = nextLine() {
            if line.hasPrefix("ACCEPT") { port = line.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }
        }
        self.port = port
        guard identifier > 0, port > 0 else { return nil }
    }

    deinit {
        // Not SIGTERM: the child has the signal mask of a worker thread, which blocks it.
        if identifier > 0 { kill(identifier, SIGKILL) }
        pclose(process)
        for file in ["certificate.pem", "key.pem"] { unlink("\(directory)/\(file)") }
        rmdir(directory)
    }
}
