import CCurl
import Glibc

extension CurlTransfer {
    /// The last gate: the address that a name has resolved to, before a socket exists. This is where DNS rebinding
    /// ends, because nobody resolves the name again between this check and the connection.
    static let openSocket: curl_opensocket_callback = { context, _, address in
        guard let transfer = CurlTransfer.from(context), let address else { return gatehouse_curl_bad_socket() }
        let isFree = transfer.isAllowed || transfer.proxy != nil
        let length = min(Int(address.pointee.addrlen), 128)
        let isPublic = withUnsafePointer(to: &address.pointee.addr) { pointer in
            IPAddress(UnsafeRawPointer(pointer), length: length).map(AddressGuard.isPublic) ?? false
        }
        guard isFree || isPublic else {
            transfer.wasAddressRefused = true
            return gatehouse_curl_bad_socket()
        }
        // Close on exec: a child process has no business on our connections.
        return socket(
            address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.protocol
        )
    }

    /// Called when a connection stands and the request is about to be written.
    ///
    /// libcurl silently sends a request again when a kept connection dies without an answer, or HTTP/2 refuses the
    /// stream, and does so for POST too. A second time is therefore refused: a single-use refresh token presented twice
    /// can end the whole family of tokens.
    static let beforeRequest: curl_prereq_callback = { context, _, _, _, _ in
        guard let transfer = CurlTransfer.from(context) else { return CURL_PREREQFUNC_ABORT }
        if transfer.wasStarted, transfer.request.method == .post { return CURL_PREREQFUNC_ABORT }
        transfer.wasStarted = true
        return CURL_PREREQFUNC_OK
    }

    static let receiveBody: gatehouse_curl_receive = { bytes, size, count, context in
        guard let transfer = CurlTransfer.from(context), let bytes else { return 0 }
        let length = size * count
        guard transfer.answer.count + length <= transfer.maximumAnswerBytes else {
            transfer.wasTooLarge = true
            return 0
        }
        transfer.answer.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: length))
        return length
    }

    static let receiveHeader: gatehouse_curl_receive = { bytes, size, count, context in
        guard let transfer = CurlTransfer.from(context), let bytes else { return 0 }
        let length = size * count
        transfer.headerBytes += length
        guard transfer.headerBytes <= CurlTransfer.maximumHeaderBytes else {
            transfer.wasTooLarge = true
            return 0
        }
        transfer.takeHeader(UnsafeRawBufferPointer(start: bytes, count: length))
        return length
    }

    private func takeHeader(_ bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self)
        if line.hasPrefix("HTTP/") {
            // A status line begins a new set: what came before was an interim (1xx) answer.
            headers.removeAll()
            return
        }
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...]
        headers.append((name: String(line[..<colon]), value: value.trimmingHeaderSpace()))
    }
}

extension Substring {
    fileprivate func trimmingHeaderSpace() -> String {
        var rest = self
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
