/// A stored password hash, read and written.
struct ScryptHash {
    /// RFC 7914, section 2.
    struct Parameters: Equatable {
        /// N is two to this power.
        let logCost: Int
        /// r: memory per step is 128 bytes times this.
        let blockSize: Int
        /// p: how often the whole is done.
        let parallelism: Int

        /// 32 MiB and 0.1 s of a core. OWASP's password storage cheat sheet gives p = 3 for this N and r; one pass is
        /// chosen so that sign-ins cannot starve two cores, and stored parameters let it rise (`Scrypt.needsRehash`).
        static let current = Parameters(logCost: 15, blockSize: 8, parallelism: 1)

        /// Bytes of the big table.
        var memory: Int { 128 * blockSize << logCost }

        static let memoryLimit = 256 * 1024 * 1024
        static let parallelismLimit = 16

        /// Whether verifying takes an amount of memory and time that a server can spare. Ranges come first, so that
        /// the product cannot overflow.
        var isAffordable: Bool {
            (1...20).contains(logCost) && (1...64).contains(blockSize)
                && (1...Self.parallelismLimit).contains(parallelism) && memory <= Self.memoryLimit
        }
    }

    let parameters: Parameters
    let salt: [UInt8]
    let hash: [UInt8]

    /// The PHC string form, in which base64 has no padding.
    var text: String {
        let values = "ln=\(parameters.logCost),r=\(parameters.blockSize),p=\(parameters.parallelism)"
        return "$scrypt$\(values)$\(Self.encode(salt))$\(Self.encode(hash))"
    }

    private static func encode(_ bytes: [UInt8]) -> String {
        Base64Alphabet.standard.encode(bytes, isPadded: false)
    }
}

extension ScryptHash {
    /// Reads the PHC string form; nil when it is not one, or not affordable.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt",
            let parameters = Parameters(parts[2]), parameters.isAffordable,
            let salt = Base64Alphabet.standard.decode(String(parts[3]), isPadded: false), (8...64).contains(salt.count),
            let hash = Base64Alphabet.standard.decode(String(parts[4]), isPadded: false), (16...64).contains(hash.count)
        else { return nil }
        self.init(parameters: parameters, salt: salt, hash: hash)
    }
}

extension ScryptHash.Parameters {
    /// Reads `ln=15,r=8,p=1`, in this order.
    fileprivate init?(_ text: Substring) {
        let values = text.split(separator: ",", omittingEmptySubsequences: false)
        guard values.count == 3,
            let logCost = Self.value(of: "ln=", in: values[0]),
            let blockSize = Self.value(of: "r=", in: values[1]),
            let parallelism = Self.value(of: "p=", in: values[2])
        else { return nil }
        self.init(logCost: logCost, blockSize: blockSize, parallelism: parallelism)
    }

    private static func value(of name: String, in text: Substring) -> Int? {
        text.hasPrefix(name) ? Int(text.dropFirst(name.count)) : nil
    }
}
