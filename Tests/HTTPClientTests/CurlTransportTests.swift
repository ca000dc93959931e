import ResourcePools
import Synchronization
import Testing

@testable import HTTPClient

@Suite("The transport", .timeLimit(.minutes(5)))
struct CurlTransportTests {
    private func transport(_ server: TestServer, maximumAnswerBytes: Int = 1 << 20) throws -> CurlTransport {
        CurlTransport(policy: try policy(server), proxy: nil, maximumAnswerBytes: maximumAnswerBytes)
    }

    private func policy(_ server: TestServer) throws -> OutboundPolicy {
        OutboundPolicy(allowedHosts: [try AllowedHost(parsing: server.hostAndPort)])
    }

    private func request(
        _ method: OutboundRequest.Method, _ server: TestServer, scheme: String = "http", path: String = "/token",
        headers: [(name: String, value: String)] = [], body: String = "", timeout: Duration = .seconds(20)
    ) throws -> OutboundRequest {
        OutboundRequest(
            method: method,
            url: try OutboundURL(parsing: "\(scheme)://\(server.hostAndPort)\(path)", policy: try policy(server)),
            headers: headers, body: [UInt8](body.utf8), totalTimeout: timeout
        )
    }

    private func failure(_ transport: CurlTransport, _ request: OutboundRequest) async -> OutboundError? {
        do throws(OutboundError) {
            _ = try await transport.send(request)
            return nil
        } catch { return error }
    }

    @Test("sends a request as it was written, and returns the answer")
    func roundTrip() async throws {
        let server = TestServer.answering(
            201, headers: "Content-Type: Application/JSON; charset=utf-8\r\nX-Two:  a b \r\n", body: #"{"a":1}"#)
        defer { server.stop() }
        let response = try await transport(server).send(
            try request(
                .post, server, path: "/a/../b?x=%20y", headers: [("X-One", "1"), ("X-Empty", "")], body: "k=v&z=%00"))
        #expect(response.status == 201)
        #expect(response.contentType == "application/json")
        #expect(response.header("x-two") == "a b")
        #expect(String(decoding: response.body, as: UTF8.self) == #"{"a":1}"#)
        let sent = try #require(server.requests.first)
        #expect(sent.hasPrefix("POST /a/../b?x=%20y HTTP/1.1\r\n"))
        #expect(sent.contains("\r\nX-One: 1\r\n"))
        #expect(sent.contains("\r\nX-Empty:\r\n") || sent.contains("\r\nX-Empty: \r\n"))
        #expect(sent.hasSuffix("\r\n\r\nk=v&z=%00"))
        #expect(!sent.lowercased().contains("accept-encoding"))
        #expect(!sent.lowercased().contains("expect:"))
    }

    @Test("a long answer holds the place of its call until it was read; a short one does not")
    func placeUntilRead() async throws {
        let long = OutboundResponse.longestReadAtOnce + 1
        for (length, held) in [(long - 1, 0), (long, 1)] {
            let server = TestServer.answering(200, body: String(repeating: "x", count: length))
            defer { server.stop() }
            let transport = try transport(server)
            let response = try await transport.send(try request(.get, server))
            #expect(transport.places.usage.held == held)
            response.wasRead()
            #expect(transport.places.usage.held == 0)
        }
    }

    @Test("an answer that nobody reads gives its place back")
    func placeUnread() async throws {
        let server = TestServer.answering(200, body: String(repeating: "x", count: 100_000))
        defer { server.stop() }
        let transport = try transport(server)
        _ = try await transport.send(try request(.get, server))
        #expect(transport.places.usage.held == 0)
    }

    @Test("returns every status, follows no redirect and keeps no cookie")
    func statuses() async throws {
        let elsewhere = TestServer.answering(200)
        defer { elsewhere.stop() }
        let server = TestServer.answering(
            302, headers: "Location: http://\(elsewhere.hostAndPort)/\r\nSet-Cookie: a=b\r\n")
        defer { server.stop() }
        let transport = try transport(server)
        for _ in 0..<2 {
            let response = try await transport.send(try request(.get, server))
            #expect(response.status == 302)
        }
        #expect(elsewhere.connections == 0)
        #expect(server.requests.allSatisfy { !$0.lowercased().contains("cookie") })
    }

    @Test("interim answers are passed over")
    func interimAnswer() async throws {
        let server = TestServer { _, connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
            connection.answer(200, headers: "X: y\r\n", body: "ok")
        }
        defer { server.stop() }
        let response = try await transport(server).send(try request(.get, server))
        #expect(response.status == 200)
        #expect(response.header("link") == nil)
        #expect(response.header("x") == "y")
    }

    @Test("a refused connection means that nothing was sent")
    func connectionRefused() async throws {
        let server = TestServer.answering()
        server.stop()
        let error = await failure(try transport(server), try request(.post, server, body: "secret-body"))
        #expect(error?.code == .notConnected)
        #expect(error?.mayHaveBeenSent == false)
        #expect(error.map { "\($0)".contains(server.hostAndPort) && !"\($0)".contains("secret-body") } == true)
    }

    @Test("a failed TLS handshake means that nothing was sent, whatever the server answers to it")
    func handshakeFailure() async throws {
        let server = TestServer { server, connection in
            if let bytes = connection.readSome() { server.record(String(decoding: bytes, as: UTF8.self)) }
            connection.write("HTTP/1.1 400 This is plain http\r\n\r\n")
        }
        defer { server.stop() }
        let error = await failure(
            try transport(server), try request(.post, server, scheme: "https", body: "secret-body"))
        #expect(error?.code == .tls)
        #expect(error?.mayHaveBeenSent == false)
        #expect(server.requests.allSatisfy { !$0.contains("secret-body") })
    }

    @Test("a connection that never gets through TLS runs into the connect time-out, and nothing was sent")
    func silentHandshake() async throws {
        let server = TestServer { _, connection in connection.waitForClose() }
        defer { server.stop() }
        var request = try request(.post, server, scheme: "https")
        request.connectTimeout = .milliseconds(150)
        let error = await failure(try transport(server), request)
        #expect(error?.code == .notConnected)
        #expect(error?.mayHaveBeenSent == false)
    }

    @Test("a server that reads and closes leaves the outcome unknown, and the request is not sent again")
    func readsAndCloses() async throws {
        let server = TestServer { server, connection in
            if let request = connection.readRequest() { server.record(request) }
        }
        defer { server.stop() }
        let error = await failure(try transport(server), try request(.post, server, body: "refresh_token=x"))
        #expect(error?.code == .noAnswer)
        #expect(error?.mayHaveBeenSent == true)
        #expect(server.requests.count == 1)
    }

    @Test("a server that reads and hangs runs into the time-out with the outcome unknown")
    func readsAndHangs() async throws {
        let server = TestServer { server, connection in
            if let request = connection.readRequest() { server.record(request) }
            connection.waitForClose()
        }
        defer { server.stop() }
        let error = await failure(try transport(server), try request(.post, server, timeout: .milliseconds(300)))
        #expect(error?.code == .noAnswer)
        // On a busy machine the server's thread may read it only now.
        let end = ContinuousClock.now + .seconds(60)
        while server.requests.isEmpty && ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(2)) }
        #expect(server.requests.count == 1)
    }

    @Test("an answer that breaks off leaves the outcome unknown")
    func brokenAnswer() async throws {
        let server = TestServer { _, connection in
            _ = connection.readRequest()
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"access")
        }
        defer { server.stop() }
        #expect(await failure(try transport(server), try request(.post, server))?.code == .noAnswer)
    }

    /// Answers the first request of each connection, then reads the second and closes without a word: what a kept
    /// connection does that dies at the wrong moment.
    private func dyingOnReuse() -> TestServer {
        TestServer { server, connection in
            guard let first = connection.readRequest() else { return }
            server.record(first)
            connection.answer(200, body: "ok")
            if let second = connection.readRequest() { server.record(second) }
        }
    }

    @Test("a POST never travels on a kept connection, where libcurl would send it twice")
    func postsAreSentOnce() async throws {
        let server = dyingOnReuse()
        defer { server.stop() }
        let transport = try transport(server)
        // The GET leaves a kept connection behind, which dies on its next use.
        _ = try await transport.send(try request(.get, server))
        for number in 1...3 {
            let response = try await transport.send(try request(.post, server, body: "refresh_token=\(number)"))
            #expect(response.status == 200)
        }
        let posts = server.requests.filter { $0.hasPrefix("POST") }
        #expect(posts.count == 3)
        #expect(Set(posts).count == 3)
    }

    @Test("a GET uses a kept connection, and survives its death")
    func getsAreRepeated() async throws {
        let server = dyingOnReuse()
        defer { server.stop() }
        let transport = try transport(server)
        for _ in 0..<2 { #expect(try await transport.send(try request(.get, server)).status == 200) }
        // Sent twice by libcurl on its own: the danger that POSTs are kept from.
        #expect(server.requests.count == 3)
        #expect(server.connections == 2)
    }

    @Test("answers beyond the limit are cut off, with and without a length, and with endless headers")
    func tooLarge() async throws {
        for kind in 0..<3 {
            let server = TestServer { _, connection in
                _ = connection.readRequest()
                let chunk = String(repeating: "x", count: 16_384)
                switch kind {
                case 0: connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n")
                case 1: connection.write("HTTP/1.1 200 OK\r\n\r\n")
                default: connection.write("HTTP/1.1 200 OK\r\n")
                }
                while connection.write(kind == 2 ? "X-Header: \(chunk)\r\n" : chunk) {}
            }
            defer { server.stop() }
            let error = await failure(try transport(server, maximumAnswerBytes: 100_000), try request(.get, server))
            #expect(error?.code == .answerTooLarge)
            #expect(error?.mayHaveBeenSent == true)
        }
    }

    @Test("cancelling the task ends the transfer, and tells that the request was out already")
    func cancellation() async throws {
        let (arrivals, arrival) = AsyncStream<Void>.makeStream()
        let (closures, closure) = AsyncStream<Void>.makeStream()
        let server = TestServer { _, connection in
            _ = connection.readRequest()
            arrival.yield()
            connection.waitForClose()
            closure.yield()
        }
        defer { server.stop() }
        let transport = try transport(server)
        let request = try request(.post, server)
        let task = Task { await failure(transport, request) }
        for await _ in arrivals { break }
        task.cancel()
        let error = await task.value
        #expect(error?.code == .cancelled)
        #expect(error?.mayHaveBeenSent == true)
        for await _ in closures { break }
    }

    @Test("a task that is cancelled before it begins sends nothing")
    func cancelledBefore() async throws {
        let server = TestServer.answering()
        defer { server.stop() }
        let transport = try transport(server)
        let request = try request(.post, server)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await failure(transport, request)
        }
        #expect(await task.value?.code == .cancelled)
        #expect(server.requests.isEmpty)
    }

    @Test("shutdown cancels what is under way, and everything after it")
    func shutdown() async throws {
        let (arrivals, arrival) = AsyncStream<Void>.makeStream()
        let server = TestServer { _, connection in
            _ = connection.readRequest()
            arrival.yield()
            connection.waitForClose()
        }
        defer { server.stop() }
        let transport = try transport(server)
        let request = try request(.post, server)
        let task = Task { await failure(transport, request) }
        for await _ in arrivals { break }
        await transport.shutdown()
        #expect(await task.value?.code == .cancelled)
        #expect(await failure(transport, request)?.code == .cancelled)
        await transport.shutdown()
    }

    @Test("many requests at once each get their own answer")
    func concurrency() async throws {
        let server = TestServer { _, connection in
            while let request = connection.readRequest() {
                connection.answer(200, body: String(request.split(separator: " ")[1]))
            }
        }
        defer { server.stop() }
        let transport = try transport(server)
        let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                var request = try request(number % 2 == 0 ? .post : .get, server, path: "/\(number)")
                request.holder = "account \(number % 4)"
                group.addTask { [request] in
                    String(decoding: try await transport.send(request).body, as: UTF8.self) == "/\(number)"
                }
            }
            return try await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(answers.count == 200 && answers.allSatisfy { $0 })
    }

    @Test(
        "a name that resolves to a forbidden address is refused before a connection exists",
        arguments: [
            "127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00:ec2::254", "64:ff9b::7f00:1",
        ])
    func rebinding(_ address: String) async throws {
        let host = "rebind.example.com"
        let transport = CurlTransport(
            policy: OutboundPolicy(), proxy: nil, resolutions: ["\(host):443:\(address)"])
        let url = try OutboundURL(parsing: "https://\(host)/token?secret=1", policy: OutboundPolicy())
        let error = await failure(transport, OutboundRequest(method: .post, url: url))
        #expect(error?.code == .refusedAddress)
        #expect(error?.mayHaveBeenSent == false)
        #expect(error.map { "\($0)".contains(host) && !"\($0)".contains("secret") } == true)
    }

    @Test("a name the operator allowed may resolve to this machine; the same name on another port may not")
    func allowedName() async throws {
        let server = TestServer { _, connection in
            _ = connection.readSome()
            connection.write("HTTP/1.1 400 This is plain http\r\n\r\n")
        }
        defer { server.stop() }
        let policy = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: "idp.example.com:\(server.port)")])
        let transport = CurlTransport(
            policy: policy, proxy: nil,
            resolutions: ["idp.example.com:\(server.port):127.0.0.1", "idp.example.com:443:127.0.0.1"])
        let allowed = try OutboundURL(parsing: "https://idp.example.com:\(server.port)/", policy: policy)
        #expect(await failure(transport, OutboundRequest(method: .get, url: allowed))?.code == .tls)
        #expect(server.connections == 1)
        let other = try OutboundURL(parsing: "https://idp.example.com/", policy: policy)
        #expect(await failure(transport, OutboundRequest(method: .get, url: other))?.code == .refusedAddress)
    }

    @Test("names are resolved by the resolver with its limits, and libcurl does not look them up again")
    func ownResolver() async throws {
        let server = TestServer { _, connection in
            _ = connection.readSome()
            connection.write("HTTP/1.1 400 This is plain http\r\n\r\n")
        }
        defer { server.stop() }
        let policy = OutboundPolicy(allowedHosts: [try AllowedHost(parsing: "nowhere.invalid:\(server.port)")])
        let transport = CurlTransport(
            policy: policy, proxy: nil, resolutions: [],
            resolver: Resolver { $0 == "nowhere.invalid" ? ["127.0.0.1"] : [] })
        let url = try OutboundURL(parsing: "https://nowhere.invalid:\(server.port)/", policy: policy)
        // A name that is not known fails earlier, as `notConnected`.
        #expect(await failure(transport, OutboundRequest(method: .get, url: url))?.code == .tls)
        #expect(server.connections == 1)
    }

    @Test("a URL that was read under a wider policy is refused by the transport's own")
    func ownPolicy() async throws {
        let server = TestServer.answering()
        defer { server.stop() }
        let transport = CurlTransport(policy: OutboundPolicy(), proxy: nil)
        #expect(await failure(transport, try request(.get, server))?.code == .refusedAddress)
        #expect(server.connections == 0)
    }

    @Test("a header with a line break refuses the request")
    func headerInjection() async throws {
        let server = TestServer.answering()
        defer { server.stop() }
        for value in ["a\r\nX: y", "a\nb", "a\u{0}b"] {
            let error = await failure(try transport(server), try request(.get, server, headers: [("X-One", value)]))
            #expect(error?.code == .invalidRequest)
        }
        #expect(server.connections == 0)
    }
}
