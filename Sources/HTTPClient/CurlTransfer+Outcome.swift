import CCurl

extension CurlTransfer {
    /// What libcurl's result means to the caller.
    func outcome(of code: CURLcode) -> Outcome {
        var status = 0
        if code == CURLE_OK, let handle, gatehouse_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK {
            return .success(OutboundResponse(status: status, headers: headers, body: answer))
        }
        let authority = request.url.authority
        let words = curl_easy_strerror(code).map { String(cString: $0) } ?? "error \(code.rawValue)"
        if wasTooLarge || code == CURLE_FILESIZE_EXCEEDED {
            return .failure(OutboundError(.answerTooLarge, authority: authority))
        }
        if wasStarted { return .failure(OutboundError(.noAnswer, authority: authority, detail: words)) }
        // A name with a public and a private address is refused only when the public one did not answer either.
        if wasAddressRefused {
            return .failure(
                OutboundError(.refusedAddress, authority: authority, detail: "it is not on the public Internet"))
        }
        if Self.tlsFailures.contains(code.rawValue) {
            return .failure(OutboundError(.tls, authority: authority, detail: tlsDetail ?? words))
        }
        return .failure(OutboundError(.notConnected, authority: authority, detail: words))
    }

    /// What is wrong with the certificate; the general words do not say whether it is expired or of another name.
    private var tlsDetail: String? {
        guard let errorText, errorText.pointee != 0 else { return nil }
        let text = String(cString: errorText).unicodeScalars.filter { $0.isASCII && $0.value >= 0x20 }
        return String(String.UnicodeScalarView(text.prefix(200)))
    }

    private static let tlsFailures = Set(
        [
            CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
        ].map(\.rawValue)
    )
}
