extension Pages {
    static let signIn: Templates = [
        ("front", PackageResources.front_mustache), ("sign-in", PackageResources.sign_in_mustache),
        ("invite", PackageResources.invite_mustache), ("signed-out", PackageResources.signed_out_mustache),
    ]
}
