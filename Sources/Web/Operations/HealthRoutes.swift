import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON

/// What load balancers and supervisors ask: does it live, and does it take work. Says nothing of any account.
struct HealthRoutes {
    let readiness: Readiness

    func add(to router: some RouterMethods) {
        router.get("/healthz") { _, _ in Response.json(["status": "ok"]) }
        router.get("/readyz") { _, _ in
            guard let obstacle = await readiness.obstacle() else { return Response.json(["status": "ready"]) }
            return Response.json(
                [
                    "status": "unavailable", "reason": .string(obstacle.rawValue),
                    "error": .string(obstacle.sentence),
                ],
                status: .serviceUnavailable
            )
        }
    }
}
