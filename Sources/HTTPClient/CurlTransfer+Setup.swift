import CCurl

extension CurlTransfer {
    /// Makes the handle with every option set; nil when libcurl refuses one, because a request that goes out without
    /// one of these limits must not go out at all.
    ///
    /// - Parameter additional: PEM text that takes the place of the authorities' file; it must outlive the transfer.
    func prepare(
        trusting authorities: CertificateAuthorities, additional: UnsafeRawBufferPointer?
    ) -> UnsafeMutableRawPointer? {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        var options = Options(handle: handle)
        setLimits(&options)
        setTarget(&options)
        setCallbacks(&options)
        if let additional {
            options.note(
                gatehouse_curl_set_blob(handle, CURLOPT_CAINFO_BLOB, additional.baseAddress, additional.count))
        } else if let file = authorities.file {
            options.set(CURLOPT_CAINFO, file)
        }
        if let directory = authorities.directory { options.set(CURLOPT_CAPATH, directory) }
        for resolution in resolutions { resolutionList = curl_slist_append(resolutionList, resolution) }
        if let resolutionList { options.set(list: CURLOPT_RESOLVE, resolutionList) }
        return options.isComplete ? handle : nil
    }

    private func setLimits(_ options: inout Options) {
        options.set(CURLOPT_PROTOCOLS_STR, "http,https")
        options.set(CURLOPT_FOLLOWLOCATION, 0)
        // Signals are not for libraries; the resolver has a thread of its own.
        options.set(CURLOPT_NOSIGNAL, 1)
        options.set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        options.set(CURLOPT_SSL_VERIFYPEER, 1)
        options.set(CURLOPT_SSL_VERIFYHOST, 2)
        options.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        // Someone's ~/.netrc must not add credentials.
        options.set(CURLOPT_NETRC, 0)
        options.set(CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.milliseconds)
        // The time for the whole call is kept by CurlLoop. libcurl would look at it before it reads what has arrived.
        // Without it, ending a transfer waits for its resolver thread, and with it for every other transfer here.
        options.set(CURLOPT_QUICK_EXIT, 1)
        options.set(offset: CURLOPT_MAXFILESIZE_LARGE, Int64(maximumAnswerBytes))
        // The empty string also turns off what the environment says: see OutboundProxy.
        options.set(CURLOPT_PROXY, proxy?.url ?? "")
        options.set(CURLOPT_NOPROXY, "")
        options.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        text.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        errorText = text
        options.set(pointer: CURLOPT_ERRORBUFFER, text)
    }

    private func setTarget(_ options: inout Options) {
        options.set(CURLOPT_URL, request.url.text)
        // The path was judged as it is; libcurl would resolve its dot segments.
        options.set(CURLOPT_PATH_AS_IS, 1)
        options.set(CURLOPT_USERAGENT, "Gatehouse")
        // No "Expect: 100-continue": bodies are small, and waiting for a go-ahead that few servers send is lost time.
        var lines = ["Expect:"]
        // libcurl reads "Name:" as "leave this header out", and "Name;" as "send it empty".
        lines += request.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        for line in lines {
            guard let longer = curl_slist_append(headerList, line) else { return options.fail() }
            headerList = longer
        }
        options.set(list: CURLOPT_HTTPHEADER, headerList)
        guard request.method == .post else { return options.set(CURLOPT_HTTPGET, 1) }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(request.body.count, 1), alignment: 1)
        copy.copyBytes(from: request.body)
        body = copy
        options.set(CURLOPT_POST, 1)
        options.set(pointer: CURLOPT_POSTFIELDS, copy.baseAddress)
        options.set(offset: CURLOPT_POSTFIELDSIZE_LARGE, Int64(request.body.count))
        // A kept connection may be closed by the other side at the moment we use it, and then nobody knows whether it
        // was read. POSTs consume codes and refresh tokens: each gets a connection that was never used.
        options.set(CURLOPT_FRESH_CONNECT, 1)
        options.set(CURLOPT_FORBID_REUSE, 1)
    }

    private func setCallbacks(_ options: inout Options) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        options.set(pointer: CURLOPT_OPENSOCKETDATA, context)
        options.note(gatehouse_curl_set_open_socket(options.handle, Self.openSocket))
        options.set(pointer: CURLOPT_PREREQDATA, context)
        options.note(gatehouse_curl_set_before_request(options.handle, Self.beforeRequest))
        options.set(pointer: CURLOPT_WRITEDATA, context)
        options.note(gatehouse_curl_set_receive(options.handle, CURLOPT_WRITEFUNCTION, Self.receiveBody))
        options.set(pointer: CURLOPT_HEADERDATA, context)
        options.note(gatehouse_curl_set_receive(options.handle, CURLOPT_HEADERFUNCTION, Self.receiveHeader))
    }

    /// Sets options and remembers whether all were taken.
    private struct Options {
        let handle: UnsafeMutableRawPointer
        private(set) var isComplete = true

        init(handle: UnsafeMutableRawPointer) { self.handle = handle }

        mutating func note(_ code: CURLcode) { if code != CURLE_OK { fail() } }

        mutating func fail() { isComplete = false }

        mutating func set(_ option: CURLoption, _ value: Int) { note(gatehouse_curl_set_long(handle, option, value)) }

        mutating func set(_ option: CURLoption, _ value: String) {
            note(gatehouse_curl_set_string(handle, option, value))
        }

        mutating func set(offset option: CURLoption, _ value: Int64) {
            note(gatehouse_curl_set_offset(handle, option, curl_off_t(value)))
        }

        mutating func set(pointer option: CURLoption, _ value: UnsafeMutableRawPointer?) {
            note(gatehouse_curl_set_pointer(handle, option, value))
        }

        mutating func set(list option: CURLoption, _ value: UnsafeMutablePointer<curl_slist>?) {
            note(gatehouse_curl_set_list(handle, option, value))
        }
    }
}

extension Duration {
    /// Whole milliseconds for libcurl, where 0 would mean "no limit".
    var milliseconds: Int {
        let parts = components
        let seconds = max(0, min(parts.seconds, 86_400))
        return max(1, Int(seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000))
    }
}
