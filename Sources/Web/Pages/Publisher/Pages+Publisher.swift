extension Pages {
    static let publisher: Templates = []
}
