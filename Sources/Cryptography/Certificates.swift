internal import COpenSSL

/// X.509 certificates in PEM text (RFC 7468), as files of trusted authorities have them.
public enum Certificates {
    /// A certificate of the text cannot be read.
    public struct Unreadable: Error, Sendable {
        /// Its place in the text, counted from 1.
        public let number: Int
    }

    /// How many there are.
    public static func count(inPEM text: [UInt8]) throws(Unreadable) -> Int {
        guard let bio = BIO_new_mem_buf(text, Int32(clamping: text.count)) else { return 0 }
        defer {
            BIO_free(bio)
            ERR_clear_error()
        }
        var count = 0
        while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) {
            X509_free(certificate)
            count += 1
        }
        // Every other error means that a certificate is broken; this one means that there is no more.
        guard ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE else { throw Unreadable(number: count + 1) }
        return count
    }
}
