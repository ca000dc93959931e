import Glibc

/// Random values that follow from `GATEHOUSE_TEST_SEED`, as those of the end-to-end tests do (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    /// What a failing test shows, so that it can be run again with the same values.
    let seed: UInt64
    private var state: UInt64

    init() {
        let usual: UInt64 = 20_261_121
        seed = getenv("GATEHOUSE_TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? usual
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
