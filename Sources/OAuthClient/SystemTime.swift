import Glibc

/// This machine's clock.
public enum SystemTime {
    /// Seconds since 1970.
    @Sendable
    public static func seconds() -> Int64 { Int64(time(nil)) }
}
