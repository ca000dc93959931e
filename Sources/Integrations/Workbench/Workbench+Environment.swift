public import Cryptography

extension Workbench {
    /// The name of the file with the cookie, in the folder that `PWB_SESSION_RUNTIME_DIR` names.
    public static let cookieFile = "rpc_cookie"

    /// What an IDE's session needs in its environment to find this server and be let in.
    ///
    /// - Parameter folder: where the cookie lies as a file; nil: it stands in the environment.
    public static func environment(
        _ cookie: SecretString, address: PublicAddress, folder: String? = nil
    ) -> [RuntimeEnvironment.Variable] {
        [
            ("POSIT_PRODUCT", SecretString("WORKBENCH")), ("RS_SERVER_ADDRESS", SecretString(address.base)),
            folder.map { ("PWB_SESSION_RUNTIME_DIR", SecretString($0)) } ?? ("RS_SESSION_RPC_COOKIE", cookie),
        ]
    }
}
