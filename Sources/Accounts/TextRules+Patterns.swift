extension TextRules {
    /// The control characters, and those that turn the direction of the text around them, as in a regular expression's
    /// brackets.
    private static let disturbing =
        #"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069"#
    private static let plain = ##"!#-;=?A-~"##

    /// `line` for programs: a regular expression for the whole text.
    public static let linePattern = "[^\(disturbing)]*"
    /// `line` for programs, of one character or more.
    public static let namePattern = #"[^\#(disturbing)]*[^\s\#(disturbing)][^\#(disturbing)]*"#
    /// `paragraph` for programs.
    public static let paragraphPattern =
        #"[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]*"#
    /// `email` for programs.
    public static let emailPattern = #"[\#(plain)]+@[!#-,\-/-;=?A-~]+(\.[!#-,\-/-;=?A-~]+)+"#
    /// `username` for programs.
    public static let usernamePattern = "[\(plain)@]+"
    /// `contentName` for programs.
    public static let contentNamePattern = "[A-Za-z0-9_-]{3,64}"
}
