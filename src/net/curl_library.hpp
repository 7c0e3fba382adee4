#pragma once

#include <curl/curl.h>

#include "base/error.hpp"

namespace kimbap::net {

/// libcurl's functions, loaded with the first mail: linked in, it and the thirty libraries that it
/// needs would be bound at every start of every command, which takes longer than all else a start
/// does. Only for SMTP; HTTP goes through net/http_client.
struct CurlLibrary {
    decltype(&::curl_global_init) global_init = nullptr;
    decltype(&::curl_easy_init) easy_init = nullptr;
    decltype(&::curl_easy_setopt) easy_setopt = nullptr;
    decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
    decltype(&::curl_easy_strerror) easy_strerror = nullptr;
    decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
    decltype(&::curl_multi_init) multi_init = nullptr;
    decltype(&::curl_multi_add_handle) multi_add_handle = nullptr;
    decltype(&::curl_multi_remove_handle) multi_remove_handle = nullptr;
    decltype(&::curl_multi_perform) multi_perform = nullptr;
    decltype(&::curl_multi_poll) multi_poll = nullptr;
    decltype(&::curl_multi_info_read) multi_info_read = nullptr;
    decltype(&::curl_multi_cleanup) multi_cleanup = nullptr;
    decltype(&::curl_slist_append) slist_append = nullptr;
    decltype(&::curl_slist_free_all) slist_free_all = nullptr;
};

/// Loads and initialises libcurl at the first call; stays loaded. Errors: unavailable where it is
/// not installed. Thread-safe; blocks on the disk: not for I/O threads.
[[nodiscard]] Result<const CurlLibrary*> curl_library();

}  // namespace kimbap::net
