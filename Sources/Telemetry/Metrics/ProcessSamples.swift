import Glibc

/// What Linux tells of this process (`proc(5)`), under the names that every Prometheus client uses.
public enum ProcessSamples {
    /// Reads them; what cannot be read is left out.
    public static func read() -> [PrometheusRegistry.Sample] {
        var samples: [PrometheusRegistry.Sample] = []
        if let status = Status(text(of: "/proc/self/stat")) {
            samples.append(.init("process_cpu_seconds_total", status.cpuSeconds))
            samples.append(.init("process_virtual_memory_bytes", status.virtualBytes))
            samples.append(.init("process_resident_memory_bytes", status.residentBytes))
            if let boot = bootTime() { samples.append(.init("process_start_time_seconds", boot + status.startSeconds)) }
        }
        if let count = openFiles() { samples.append(.init("process_open_fds", Double(count))) }
        var files = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
            samples.append(.init("process_max_fds", Double(files.rlim_cur)))
        }
        return samples
    }

    /// The fields of `/proc/self/stat`.
    struct Status {
        let cpuSeconds: Double
        /// Since the machine started.
        let startSeconds: Double
        let virtualBytes: Double
        let residentBytes: Double

        init?(_ text: String) {
            // The second field is the program's name in parentheses, and may hold anything.
            guard let end = text.lastIndex(of: ")") else { return nil }
            let fields = text[text.index(after: end)...].split(separator: " ").map { Double($0) }
            guard fields.count > 21, let user = fields[11], let system = fields[12], let start = fields[19],
                let virtual = fields[20], let pages = fields[21]
            else { return nil }
            let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
            cpuSeconds = (user + system) / ticks
            startSeconds = start / ticks
            virtualBytes = virtual
            residentBytes = pages * Double(sysconf(Int32(_SC_PAGESIZE)))
        }
    }

    private static func bootTime() -> Double? {
        let line = text(of: "/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) }
    }

    private static func openFiles() -> Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            let isDots = entry.pointee.d_name.0 == CChar(UInt8(ascii: "."))
            if !isDots { count += 1 }
        }
        // The folder itself is open while it is read.
        return count - 1
    }

    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
