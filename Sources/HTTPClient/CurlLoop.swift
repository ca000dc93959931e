import CCurl
import Glibc
import ResourcePools
import Synchronization

/// The one thread that owns libcurl's multi handle and drives all transfers.
///
/// Unchecked because `multi` and `active` belong to that thread alone; everything that other threads hand over lies in
/// `mailbox` behind its lock, and `curl_multi_wakeup` is the one libcurl call that any thread may make.
final class CurlLoop: @unchecked Sendable {
    /// What other threads have asked for since the thread last looked.
    private struct Mailbox: Sendable {
        var submissions: [CurlTransfer] = []
        var cancellations: [CurlTransfer] = []
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
        var isStopping = false
        var hasEnded = false
    }

    /// Connections kept for reuse, over all hosts.
    private static let keptConnections = 32
    /// How long the thread sleeps while nothing is under way.
    private static let longestSleep = Duration.seconds(60)
    /// How long it sleeps while transfers are under way: what takes much longer tells that the process was paused.
    private static let longestNap = Duration.seconds(1)

    private static let globalState = gatehouse_curl_global_init()

    private let certificateAuthorities: CertificateAuthorities
    /// libcurl reads these certificates with each connection, so they stay where they are; nil: there are none besides.
    private let additionalCertificates: UnsafeMutableRawBufferPointer?
    private let mailbox = Mutex(Mailbox())
    private let multi: UnsafeMutableRawPointer?
    private var active: [UnsafeMutableRawPointer: CurlTransfer] = [:]

    init(certificateAuthorities: CertificateAuthorities, maximumConnections: Int) {
        self.certificateAuthorities = certificateAuthorities
        let pem = certificateAuthorities.additional
        let kept = pem.isEmpty ? nil : UnsafeMutableRawBufferPointer.allocate(byteCount: pem.count, alignment: 1)
        kept?.copyBytes(from: pem)
        additionalCertificates = kept
        multi = Self.globalState == CURLE_OK ? curl_multi_init() : nil
        if let multi {
            gatehouse_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.keptConnections)
            gatehouse_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections)
        }
        // Without memory or a thread for it, everything that is submitted is answered as cancelled.
        if multi == nil || !startThread() { mailbox.withLock { $0.hasEnded = true } }
    }

    func submit(_ transfer: CurlTransfer, continuation: CheckedContinuation<CurlTransfer.Outcome, Never>) {
        transfer.continuation = continuation
        let isTaken = mailbox.withLock { mailbox in
            guard !mailbox.isStopping, !mailbox.hasEnded else { return false }
            mailbox.submissions.append(transfer)
            return true
        }
        if isTaken { wake() } else { transfer.finish(transfer.cancelled()) }
    }

    /// May come before ``submit(_:continuation:)``; the flag is then seen when the transfer is taken up.
    func cancel(_ transfer: CurlTransfer) {
        transfer.isCancelled.store(true, ordering: .releasing)
        mailbox.withLock { mailbox in
            if !mailbox.hasEnded { mailbox.cancellations.append(transfer) }
        }
        wake()
    }

    func stop(then continuation: CheckedContinuation<Void, Never>?) {
        let hasEnded = mailbox.withLock { mailbox in
            mailbox.isStopping = true
            if let continuation, !mailbox.hasEnded { mailbox.waitingForEnd.append(continuation) }
            return mailbox.hasEnded
        }
        if hasEnded { continuation?.resume() } else { wake() }
    }

    private func wake() {
        if let multi { curl_multi_wakeup(multi) }
    }

    private func startThread() -> Bool {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context.toOpaque())
        guard code == 0 else {
            context.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private func run() {
        // Signals belong to the threads that expect them; and with SIGPIPE blocked a dead socket is only an error.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        var wake = ContinuousClock.now
        while true {
            // Before the mail: what begins now has lost no time.
            let lateness = ContinuousClock.now - wake
            if lateness > Self.longestNap { postpone(by: lateness) }
            guard takeMail() else { break }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            finishTransfers()
            // After the sockets were read: an answer that is there is taken, however late it is looked for.
            endOverdue()
            let sleep = self.sleep
            wake = ContinuousClock.now + sleep
            curl_multi_poll(multi, nil, 0, Int32(sleep.milliseconds), nil)
        }
        for transfer in active.values { end(transfer, transfer.cancelled()) }
        let waiting = mailbox.withLock { mailbox in
            mailbox.hasEnded = true
            return mailbox.waitingForEnd
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Starts and ends what was asked for; false when the loop is to end.
    private func takeMail() -> Bool {
        let mail = mailbox.withLock { mailbox in
            defer {
                mailbox.submissions = []
                mailbox.cancellations = []
            }
            return mailbox
        }
        for transfer in mail.submissions {
            if mail.isStopping || transfer.isCancelled.load(ordering: .acquiring) {
                transfer.finish(transfer.cancelled())
            } else {
                start(transfer)
            }
        }
        for transfer in mail.cancellations where transfer.handle.map({ active[$0] != nil }) ?? false {
            end(transfer, transfer.cancelled())
        }
        return !mail.isStopping
    }

    private func start(_ transfer: CurlTransfer) {
        guard
            let handle = transfer.prepare(
                trusting: certificateAuthorities, additional: additionalCertificates.map { UnsafeRawBufferPointer($0) }),
            curl_multi_add_handle(multi, handle) == CURLM_OK
        else {
            transfer.release()
            let error = OutboundError(
                .notConnected, authority: transfer.request.url.authority, detail: "the request could not be prepared"
            )
            return transfer.finish(.failure(error))
        }
        transfer.deadline = ContinuousClock.now + transfer.request.totalTimeout
        active[handle] = transfer
    }

    /// How long to sleep: until the next transfer is overdue, or until libcurl or a submission wakes the thread.
    private var sleep: Duration {
        guard let next = active.values.compactMap(\.deadline).min() else { return Self.longestSleep }
        return min(max(next - ContinuousClock.now, .milliseconds(1)), Self.longestNap)
    }

    /// Time in which this process did not run (SIGSTOP, a frozen machine) is not the other server's.
    private func postpone(by time: Duration) {
        for transfer in active.values { transfer.deadline = transfer.deadline.map { $0 + time } }
    }

    private func endOverdue() {
        let now = ContinuousClock.now
        for transfer in active.values where transfer.deadline.map({ $0 <= now }) ?? false {
            end(transfer, transfer.outcome(of: CURLE_OPERATION_TIMEDOUT))
        }
    }

    private func finishTransfers() {
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
                let transfer = active[handle]
            else { continue }
            end(transfer, transfer.outcome(of: gatehouse_curl_result(message)))
        }
    }

    private func end(_ transfer: CurlTransfer, _ outcome: CurlTransfer.Outcome) {
        if let handle = transfer.handle {
            curl_multi_remove_handle(multi, handle)
            active[handle] = nil
        }
        transfer.release()
        transfer.finish(outcome)
    }

    deinit {
        // The thread holds the loop while it runs, so no transfer is left.
        if let multi { curl_multi_cleanup(multi) }
        additionalCertificates?.deallocate()
    }
}
