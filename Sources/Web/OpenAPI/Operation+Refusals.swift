import Accounts

extension Operation {
    /// Every code it can be refused with: its own, and those of its kind.
    var allRefusals: [ErrorCode] {
        var codes = refusals
        switch access {
        // Whatever the role: a key that content holds may be refused what its owner may do.
        case .key: codes += [.authenticationRequired, .userLocked, .permissionDenied, .accountUnavailable]
        // A session may end, its user be locked, or a right be lost while a form arrives or a provider is asked.
        case .browser, .publishersBrowser, .administratorsBrowser:
            codes += [.accountUnavailable, .permissionDenied, .authenticationRequired, .userLocked]
        case .workbench: codes += [.authenticationRequired, .userLocked, .accountUnavailable]
        case .anyone: break
        }
        if !pathParameters.isEmpty { codes += [.objectDoesNotExist, .accountUnavailable] }
        if parameters.contains(where: { $0.place == .query }) { codes.append(.parameter) }
        switch body {
        case .json: codes += [.notJSON, .parameter, .unsupportedMediaType, .quotaReached]
        case .archive: codes += [.parameter, .quotaReached, .insufficientStorage]
        case .form: codes += [.formMissing, .formUnreadable, .quotaReached]
        case nil: break
        }
        // A body may be too large, arrive too slowly, or have to wait too long to be read.
        if body != nil { codes += [.bodyTooLarge, .requestTimeout, .tooManyRequests] }
        return Set(codes).sorted { $0.rawValue < $1.rawValue }
    }

    /// The names in the path's braces.
    var pathParameters: [String] {
        documentedPath.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }
}

extension ErrorCode {
    /// The code in words, from its name in the source: `objectDoesNotExist` is "object does not exist".
    var words: String {
        var words = ""
        var previous: Character = " "
        for letter in "\(self)" {
            if letter.isUppercase, previous.isLowercase { words.append(" ") }
            words.append(contentsOf: letter.lowercased())
            previous = letter
        }
        return words
    }
}
