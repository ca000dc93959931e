internal import COpenSSL

/// Password hashes with scrypt (RFC 7914), written with their parameters in the PHC string format:
/// `$scrypt$ln=15,r=8,p=1$<salt>$<hash>`, base64 without padding.
///
/// Each call takes some 32 MiB and 0.1 s of one core: call it off the event loops, and not without a limit.
public enum Scrypt {
    static let saltByteCount = 16
    static let hashByteCount = 32

    /// The hash of a password under a fresh random salt. Throws `libraryFailure` when there is not enough memory.
    public static func hash(password: SecretString) throws(CryptographyError) -> String {
        let salt = SecureRandom.bytes(saltByteCount)
        let hash = try derive(password, salt: salt, parameters: .current, count: hashByteCount)
        return ScryptHash(parameters: .current, salt: salt, hash: hash).text
    }

    /// A hash of no password, made without hashing: verifying against it takes the usual time and is false.
    public static func decoy() -> String {
        let (salt, hash) = (SecureRandom.bytes(saltByteCount), SecureRandom.bytes(hashByteCount))
        return ScryptHash(parameters: .current, salt: salt, hash: hash).text
    }

    /// Whether the password is the one that was hashed; the comparison is constant-time.
    ///
    /// False for a text that is no hash, or whose parameters ask for more memory or time than `hash` ever would by
    /// far: a damaged row must not stop the process.
    public static func verify(_ password: SecretString, against text: String) -> Bool {
        guard let stored = ScryptHash(text) else { return false }
        do throws(CryptographyError) {
            let parameters = stored.parameters
            let hash = try derive(password, salt: stored.salt, parameters: parameters, count: stored.hash.count)
            return constantTimeEquals(hash, stored.hash)
        } catch {
            return false
        }
    }

    /// Whether the hash was made with other parameters than today's, or is none: hash the password again at the next
    /// sign-in.
    public static func needsRehash(_ text: String) -> Bool {
        ScryptHash(text)?.parameters != .current
    }

    static func derive(
        _ password: SecretString,
        salt: [UInt8],
        parameters: ScryptHash.Parameters,
        count: Int
    ) throws(CryptographyError) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: count)
        let isDerived = password.withUnsafeBytes { password in
            password.withMemoryRebound(to: CChar.self) { password in
                EVP_PBE_scrypt(
                    password.baseAddress,
                    password.count,
                    salt,
                    salt.count,
                    UInt64(1) << UInt64(parameters.logCost),
                    UInt64(parameters.blockSize),
                    UInt64(parameters.parallelism),
                    // The library counts a little more than the big table.
                    UInt64(parameters.memory) * 2,
                    &hash,
                    count
                ) == 1
            }
        }
        guard isDerived else { throw .library() }
        return hash
    }
}
