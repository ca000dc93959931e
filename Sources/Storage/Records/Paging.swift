/// Which part of a long list is wanted.
public struct PageRequest: Sendable, Equatable {
    /// Counts from 1.
    public let number: Int
    /// How many there are on a page.
    public let size: Int

    /// A page by its number.
    public init(number: Int, size: Int) {
        self.number = number
        self.size = size
    }

    var offset: Int { (number - 1) * size }
}

/// A part of a long list.
public struct RecordPage<Element: Sendable>: Sendable {
    /// What is on this page.
    public let elements: [Element]
    /// How many there are on all pages.
    public let total: Int
}
