-- Asks Gatehouse about a request for content, and acts on the answer. haproxy.cfg beside it loads this file, and
-- tells it by this variable where Gatehouse is.

local gatehouse = os.getenv("GATEHOUSE")
-- The page around a sentence.
local page_begin, page_end = os.getenv("PAGE_BEGIN"), os.getenv("PAGE_END")
-- A session token and a cookie are looked up in memory; this long only where an account's file is opened first.
local patience = 30000

local sentences = {
    [400] = "This request cannot go to content: its address is none of content, or a header of it may be set by this server "
        .. "alone. Remove it and try again.",
    [403] = "You may not view this content. Ask its publisher for access.",
    [404] = "There is no content at this address. Check the address, or ask who gave it to you.",
    [414] = "This address is too long: 8 KiB of query can be passed on, and 11 KiB with the path. "
        .. "Shorten it, or send a form by POST.",
    [503] = "This content cannot be opened now: its publisher has not set an address for it yet, or its account is unavailable. "
        .. "Try again later, or tell its publisher.",
    [508] = "This content's address leads back to this server. Tell its publisher.",
}

-- What goes to content names this proxy in CDN-Loop (RFC 8586). Gatehouse refuses what comes back here.
local own_name = "gatehouse"

-- Header names are in lower case, and each has a list of values that begins at 0.
local function first(headers, name)
    local values = headers[name]
    return values and values[0] or nil
end

local function answer(txn, status, text, headers)
    local reply = txn:reply({ status = status })
    reply:add_header("cache-control", "no-store")
    if text ~= "" and not (headers and headers["content-type"]) then
        reply:add_header("content-type", "text/html; charset=utf-8")
        text = page_begin .. text .. page_end
    end
    for name, value in pairs(headers or {}) do
        reply:add_header(name, value)
    end
    reply:set_body(text)
    txn:done(reply)
end

-- All lines of a header in one.
local function joined(headers, name, separator)
    local values = {}
    for i = 0, #(headers[name] or {}) do
        values[#values + 1] = headers[name] and headers[name][i]
    end
    return #values > 0 and table.concat(values, separator) or nil
end

-- What is left of the client's cookies without those of Gatehouse, whose names begin with gatehouse-, __Secure-gatehouse-
-- or __Host-gatehouse-.
local function cut(cookies)
    local kept = {}
    for cookie in cookies:gmatch("[^;]+") do
        local name = cookie:match("^%s*(.-)%s*$"):lower():gsub("^__secure%-", ""):gsub("^__host%-", "")
        if name:sub(1, 10) ~= "gatehouse-" then
            kept[#kept + 1] = cookie
        end
    end
    return (table.concat(kept, ";"):gsub("^%s+", ""))
end

local function keep_content_headers(txn, headers)
    txn.http:req_del_header("cookie")
    for i = 0, #(headers["cookie"] or {}) do
        local cookies = headers["cookie"] and headers["cookie"][i]
        local kept = cookies and cut(cookies)
        if kept and kept ~= "" then
            txn.http:req_add_header("cookie", kept)
        end
    end
    -- A Gatehouse API key is for Gatehouse: content must not collect its viewers' keys.
    for i = 0, #(headers["authorization"] or {}) do
        local value = headers["authorization"] and headers["authorization"][i]
        if value and value:lower():match("^%s*key%s") then
            txn.http:req_del_header("authorization")
        end
    end
end

-- "http://127.0.0.1:3838/" as scheme, name of the host, where it is, port and authority; nil where it is nothing of the kind.
local function target(upstream)
    local scheme, rest = (upstream or ""):match("^(https?)://([^/@]+)/?$")
    if not scheme then
        return nil
    end
    local host, port = rest:match("^(.-):(%d+)$")
    host = host or rest
    local name = host
    if host == "localhost" then
        host = "127.0.0.1"
    end
    return scheme, name, (host:gsub("^%[", ""):gsub("%]$", "")), tonumber(port) or (scheme == "https" and 443 or 80), rest
end

local function pass(txn, headers, said)
    local scheme, name, host, port, rest = target(first(said, "x-gatehouse-upstream"))
    if not scheme then
        return answer(txn, 502, "This content's address cannot be used. Tell its publisher.")
    end
    txn:set_var("txn.content_scheme", scheme)
    txn:set_var("txn.content_name", name)
    txn:set_var("txn.content_host", host)
    -- A name is looked up by haproxy.cfg; an address must not be.
    if host:match("^%d+%.%d+%.%d+%.%d+$") or host:match(":") then
        txn:set_var("txn.content_address", host)
    end
    txn:set_var("txn.content_port", port)
    txn:set_var("txn.content_origin", scheme .. "://" .. rest)
    -- What a browser sees, for the redirects of content.
    txn:set_var("txn.browser_authority", first(headers, "host"))
    keep_content_headers(txn, headers)
    local passed = joined(headers, "cdn-loop", ", ")
    txn.http:req_set_header("cdn-loop", passed and passed .. ", " .. own_name or own_name)
    local token = first(said, "posit-connect-user-session-token")
    if token then
        txn.http:req_set_header("posit-connect-user-session-token", token)
    end
    local correlation = first(said, "x-correlation-id")
    if correlation then
        txn.http:req_set_header("x-correlation-id", correlation)
    end
end

local function sign_in(txn, said, body, more)
    local location = first(said, "x-gatehouse-location")
    if not location then
        -- A script or a WebSocket cannot follow a redirect to a page: it gets Gatehouse's own words.
        more["content-type"] = first(said, "content-type")
        return answer(txn, 401, body or "", more)
    end
    more["set-cookie"] = first(said, "set-cookie")
    more["location"] = location
    answer(txn, 302, "", more)
end

core.register_action("gatehouse", { "http-req" }, function(txn)
    local headers = txn.http:req_get_headers()
    -- Of the client's headers Gatehouse gets the cookies, and what tells from which page the browser asks, and for what: nothing
    -- else may sway the answer.
    local authority = first(headers, "host")
    local own = txn:get_var("txn.content_own")
    local question = {
        ["host"] = { authority },
        -- Gatehouse names a path of content by its prefix, also where content has an origin of its own.
        ["x-original-uri"] = { (own and "/content/" .. own or "") .. txn.f:pathq() },
        ["x-original-method"] = { txn.f:method() },
        ["x-forwarded-for"] = { txn.f:src() },
        ["x-forwarded-host"] = { authority },
        ["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" },
        ["user-agent"] = { first(headers, "user-agent") },
    }
    for _, name in ipairs({ "accept", "origin", "sec-fetch-site", "sec-fetch-mode" }) do
        question[name] = headers[name] and { joined(headers, name, ", ") }
    end
    for name, separator in pairs({ cookie = "; ", ["cdn-loop"] = ", " }) do
        local value = joined(headers, name, separator)
        question[name] = value and { value }
    end
    local url = "http://" .. gatehouse .. "/v1/gateway/authorize"
    local said = core.httpclient():get({ url = url, headers = question, timeout = patience })
    local correlation = { ["x-correlation-id"] = said.headers and first(said.headers, "x-correlation-id") }
    if not said.headers or not said.status then
        answer(txn, 503, "Gatehouse does not answer. Try again in a moment.")
    elseif said.status == 200 then
        pass(txn, headers, said.headers)
    elseif said.status == 401 then
        sign_in(txn, said.headers, said.body, correlation)
    elseif said.status == 503 and not correlation["x-correlation-id"] then
        answer(txn, 503, "Gatehouse does not answer. Try again in a moment.")
    elseif sentences[said.status] then
        answer(txn, said.status, sentences[said.status], correlation)
    else
        answer(txn, 503, "Gatehouse does not answer. Try again in a moment.", correlation)
    end
end, 0)

-- Whether a path is one of content at an origin that all content shares.
local function has_prefix(path)
    local guid, behind = path:match("^/content/([%x-]+)(.?)")
    return guid ~= nil and #guid == 36 and (behind == "" or behind:match("[/?#]") ~= nil)
end

-- The path of a redirect that leads to this origin, or nil.
local function path_within(location, origin)
    if not origin or location:sub(1, #origin):lower() ~= origin:lower() then
        return nil
    end
    local path = location:sub(#origin + 1)
    if path == "" or path:match("^[?#]") then
        return "/" .. path
    end
    return path:match("^/.*$")
end

-- A redirect to the address of the content's process, to this origin, or to a path of which the process does not know that it
-- has a prefix here, becomes one to the content.
core.register_action("gatehouse-redirect", { "http-res" }, function(txn)
    local location = first(txn.http:res_get_headers(), "location")
    local prefix, browser = txn:get_var("txn.content_prefix"), txn:get_var("txn.browser_authority")
    if not location or not browser then
        return
    end
    -- A process that does not know of TLS here writes http://.
    local path = path_within(location, txn:get_var("txn.content_origin"))
        or path_within(location, "https://" .. browser)
        or path_within(location, "http://" .. browser)
    if prefix and not path then
        path = location:match("^/[^/\\].*$") or location:match("^/$")
    end
    if not path then
        return
    elseif not prefix then
        -- The name of the host keeps //x a path.
        txn.http:res_set_header("location", "//" .. browser .. path)
    elseif has_prefix(path) then
        txn.http:res_set_header("location", path)
    else
        txn.http:res_set_header("location", prefix .. path)
    end
end, 0)
