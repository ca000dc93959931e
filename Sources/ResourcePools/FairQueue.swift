/// A queue in which senders take turns: one who adds much does not hold up those who add little (start-time fair queuing).
struct FairQueue<Element> {
    private var entries: [(round: Int, sender: String, element: Element)] = []
    /// The round of whoever was served last. Who comes now belongs to none before the next.
    private var round = 0

    var count: Int { entries.count }

    /// Adds an element to the first round in which its sender has none.
    mutating func add(_ element: Element, of sender: String) {
        let round = nextRound(of: sender)
        let index = entries.firstIndex { $0.round > round } ?? entries.endIndex
        entries.insert((round, sender, element), at: index)
    }

    /// Whether a new element of this sender would not be the last.
    func comesBeforeLast(_ sender: String) -> Bool {
        entries.last.map { nextRound(of: sender) < $0.round } ?? false
    }

    /// The first element, in the order of service, that meets a condition.
    func firstIndex(where condition: (Element) -> Bool) -> Int? { entries.firstIndex { condition($0.element) } }

    /// Takes out an element whose turn it is.
    mutating func serve(_ index: Int) -> Element {
        round = max(round, entries[index].round)
        return remove(index)
    }

    /// Takes out an element that waits no longer.
    mutating func remove(_ index: Int) -> Element { entries.remove(at: index).element }

    private func nextRound(of sender: String) -> Int {
        (entries.last { $0.sender == sender }?.round ?? round) + 1
    }
}
