extension PublicKey {
    /// The members of the key as a JWK (RFC 7517, RFC 7518 section 6): `kty`, `n`, `e`, or `kty`, `crv`, `x`, `y`. What
    /// a key set says beyond them (`kid`, `use`, `alg`) is for its maker to add.
    public var jwkMembers: [(name: String, value: String)] {
        switch numbers {
        case .rsa(let modulus, let exponent):
            [("kty", "RSA"), ("n", Base64URL.encode(modulus)), ("e", Base64URL.encode(exponent))]
        case .p256(let x, let y):
            [("kty", "EC"), ("crv", "P-256"), ("x", Base64URL.encode(x)), ("y", Base64URL.encode(y))]
        }
    }

    /// The key's thumbprint (RFC 7638) with SHA-256: 43 characters, the same wherever it is computed, and so a good
    /// key id.
    public var thumbprint: String {
        // Section 3.3: the members above and no others, by name, without white space. base64url needs no escapes.
        let members = jwkMembers.sorted { $0.name < $1.name }.map { #""\#($0.name)":"\#($0.value)""# }
        return Base64URL.encode(SHA256.hash("{\(members.joined(separator: ","))}"))
    }

    /// A key from the members of a JWK; others than ``jwkMembers`` names are not read.
    ///
    /// Throws `unsupportedKey` for another kind, curve or size, `malformed` for what is no key.
    public init(jwkMembers: [(name: String, value: String)]) throws(CryptographyError) {
        func text(_ name: String) throws(CryptographyError) -> String {
            let values = jwkMembers.filter { $0.name == name }.map(\.value)
            guard values.count == 1, let value = values.first else { throw CryptographyError(.malformed) }
            return value
        }
        func number(_ name: String) throws(CryptographyError) -> [UInt8] {
            guard let bytes = Base64URL.decode(try text(name)) else { throw CryptographyError(.malformed) }
            return bytes
        }
        // Section 6.3.1.1 of RFC 7518 forbids leading zeros, and some write them.
        func integer(_ name: String) throws(CryptographyError) -> [UInt8] { [UInt8](try number(name).drop { $0 == 0 }) }
        switch try text("kty") {
        case "RSA":
            try self.init(.rsa(modulus: try integer("n"), exponent: try integer("e")))
        case "EC":
            guard try text("crv") == "P-256" else { throw CryptographyError(.unsupportedKey) }
            try self.init(.p256(x: try number("x"), y: try number("y")))
        default:
            throw CryptographyError(.unsupportedKey)
        }
    }
}

extension PublicKey: CustomStringConvertible {
    /// Algorithm and thumbprint, which tell nothing secret.
    public var description: String { "\(algorithm.rawValue) key \(thumbprint)" }
}
