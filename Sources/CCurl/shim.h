// libcurl's setopt and getinfo are variadic, and Swift cannot call variadic C functions: here is one typed
// function per kind of argument, so that the compiler checks what the ellipsis would swallow.
#ifndef GATEHOUSE_CCURL_SHIM_H
#define GATEHOUSE_CCURL_SHIM_H

#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

// CURL_SOCKET_BAD is a cast macro, which Swift does not import.
static inline curl_socket_t gatehouse_curl_bad_socket(void) { return CURL_SOCKET_BAD; }

// CURL_GLOBAL_DEFAULT is a macro built of other macros, which Swift does not import.
static inline CURLcode gatehouse_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode gatehouse_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gatehouse_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gatehouse_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gatehouse_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode gatehouse_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

// libcurl does not copy the bytes: they must live for as long as the handle.
static inline CURLcode gatehouse_curl_set_blob(CURL *handle, CURLoption option, const void *bytes, size_t length) {
    struct curl_blob blob = {.data = (void *)bytes, .len = length, .flags = CURL_BLOB_NOCOPY};
    return curl_easy_setopt(handle, option, &blob);
}

// The file that libcurl was built to read trusted certificates from; NULL where there is none.
static inline const char *gatehouse_curl_ca_file(void) { return curl_version_info(CURLVERSION_NOW)->cainfo; }

// CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION have the same shape.
typedef size_t (*gatehouse_curl_receive)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode gatehouse_curl_set_receive(CURL *handle, CURLoption option, gatehouse_curl_receive receive) {
    return curl_easy_setopt(handle, option, receive);
}

static inline CURLcode gatehouse_curl_set_open_socket(CURL *handle, curl_opensocket_callback open) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, open);
}

static inline CURLcode gatehouse_curl_set_before_request(CURL *handle, curl_prereq_callback before) {
    return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, before);
}

static inline CURLcode gatehouse_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLMcode gatehouse_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// CURLMsg keeps the result in a union; this is the member that CURLMSG_DONE fills.
static inline CURLcode gatehouse_curl_result(const CURLMsg *message) { return message->data.result; }

#endif
