/// Why the store did not do what it was asked.
public struct StoreError: Error, Equatable, CustomStringConvertible {
    /// The causes.
    public enum Code: Sendable, Equatable {
        /// A value that must be unique is taken; the field's name follows.
        case conflict(String)
        /// What was to be changed is not there (any more).
        case notFound
        /// Somebody else changed it in between.
        case stale
        /// What allowed the change does not hold any more. Nothing was changed.
        case lapsed(Lapse)
        /// Anybody could open this content, and it would use an integration of that type, which acts for a viewer who signs
        /// in. Nothing was changed.
        case needsViewers(content: GUID, authType: String)
        /// There would be more of something than may be. Nothing was changed.
        case quota(Quota, limit: Int)
        /// What is free of the disk is kept for everything but bundles.
        case diskNearlyFull
        /// Nobody would be left who can administer the account. Nothing was changed.
        case lastAdministrator
        /// Passwords are off, and nobody would be left who can use one all the same. Nothing was changed.
        case lastBreakGlass
        /// Another program holds a lock on the file, and did not let go of it within some seconds. Nothing was changed.
        case busy
        /// The disk is full or does not let itself be written. Nothing was changed.
        case cannotWrite
        /// The file is damaged or is no account file. Nothing was changed.
        case damaged
        /// The file was written by a newer version of Gatehouse.
        case newerSchema
        /// Anything else the database says.
        case failed
    }
    /// The cause.
    public let code: Code
    /// A sentence for the log; holds no value of any row.
    public let description: String

    /// An error with its sentence.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
