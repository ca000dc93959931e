/// Guards the state machine: whatever a request does, it does in one step, so two refreshes of one token can never
/// both be the first.
actor Provider {
    private var issuer: TokenIssuer

    init(_ issuer: TokenIssuer) {
        self.issuer = issuer
    }

    /// Reads or changes the state in one indivisible step.
    func step<Answer: Sendable, Failure: Error>(
        _ body: @Sendable (inout TokenIssuer) throws(Failure) -> Answer
    ) throws(Failure) -> Answer {
        try body(&issuer)
    }
}
