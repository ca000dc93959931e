import Accounts
import Cryptography
import HTTPClient
import JSON
import Logging
import Storage

/// Takes events to their subscribers: one attempt at a time, and what comes of it.
struct Deliveries: Sendable {
    /// A receiver has so long to answer.
    static let timeout = Duration.seconds(10)
    static let backoff = Backoff(shortest: 5, longest: 60 * 60, patience: .seconds(3 * 24 * 60 * 60))
    /// Ended ones are kept so long to be looked at.
    static let deliveredKept = Duration.seconds(7 * 24 * 60 * 60)
    static let deadKept = Duration.seconds(30 * 24 * 60 * 60)

    let account: OpenAccount
    let clock: WallClock
    let outbound: OutboundPolicy
    let transport: any HTTPTransport
    let backoff: Backoff

    /// Makes an attempt; nil where it was broken off and did not count.
    func attempt(_ delivery: DeliveryRecord, _ webhook: WebhookRecord) async -> DeliveryAttempt? {
        let request: OutboundRequest
        do { request = try self.request(delivery, webhook) } catch let error as OutboundURLError {
            return failed(delivery, nil, error.description)
        } catch {
            return failed(delivery, nil, "The webhook's secret cannot be opened.")
        }
        let response: OutboundResponse
        do throws(OutboundError) { response = try await transport.send(request) } catch {
            guard error.code != .cancelled else { return nil }
            return failed(delivery, nil, error.description)
        }
        let status = Int64(response.status)
        switch response.status {
        case 200..<300: return DeliveryAttempt(.delivered, at: clock.now, status: status, error: nil)
        case 410:
            let reason = "The receiver answered 410: it wants nothing more."
            return DeliveryAttempt(.dead, at: clock.now, status: status, error: reason, disabling: reason)
        default:
            let asked = response.header("retry-after").flatMap { Int64($0) }
            return failed(delivery, status, "The receiver answered \(status).", asked: asked)
        }
    }

    /// What the audit says of an attempt; most say nothing.
    func events(_ attempt: DeliveryAttempt, _ delivery: DeliveryRecord) -> [EventRecord] {
        var actions: [EventAction] = []
        if attempt.verdict == .dead { actions.append(.webhookGivenUp) }
        if attempt.disabling != nil { actions.append(.webhookDisabled) }
        return actions.map { action in
            EventRecord(
                action, outcome: action == .webhookGivenUp ? .failure : .success, at: attempt.at, actor: .system,
                origin: .system, subject: delivery.webhookGUID,
                details: [
                    "delivery_guid": .string(delivery.guid.description), "event": .string(delivery.event.rawValue),
                    "attempts": .integer(delivery.attempts + 1), "reason": attempt.error.map(JSON.string) ?? .null,
                ])
        }
    }

    private func failed(
        _ delivery: DeliveryRecord, _ status: Int64?, _ error: String, asked: Int64? = nil
    ) -> DeliveryAttempt {
        let now = clock.now
        let next = backoff.next(after: delivery.attempts + 1, since: delivery.createdAt, at: now, asked: asked)
        return DeliveryAttempt(next.map { .again(at: $0) } ?? .dead, at: now, status: status, error: error)
    }

    private func request(_ delivery: DeliveryRecord, _ webhook: WebhookRecord) throws -> OutboundRequest {
        let now = clock.now
        // The policy may have changed since the address was saved.
        let url = try OutboundURL(parsing: webhook.url, policy: outbound)
        var secrets = [try account.vault.open(webhook.sealedSecret, at: .webhookSecret(webhook.guid))]
        if let old = webhook.sealedOldSecret, let until = webhook.oldSecretUntil, now < until {
            secrets.append(try account.vault.open(old, at: .webhookOldSecret(webhook.guid)))
        }
        let (id, body) = (delivery.guid.description, Array(delivery.payload.utf8))
        let signature = try WebhookSignature.header(id: id, timestamp: now.seconds, body: body, secrets: secrets)
        return OutboundRequest(
            method: .post, url: url,
            headers: [
                ("Content-Type", "application/json"), ("webhook-id", id), ("webhook-timestamp", String(now.seconds)),
                ("webhook-signature", signature),
            ],
            body: body, totalTimeout: Self.timeout
        )
    }
}
