#include "net/curl_library.hpp"

#include <optional>
#include <string>

#include "base/shared_library.hpp"

namespace kimbap::net {

namespace {

constexpr const char* kName = "libcurl.so.4";

std::optional<CurlLibrary> load() {
    const SharedLibrary library(kName);
    CurlLibrary out;
    const bool whole = library.take("curl_global_init", out.global_init) &&
                       library.take("curl_easy_init", out.easy_init) &&
                       library.take("curl_easy_setopt", out.easy_setopt) &&
                       library.take("curl_easy_getinfo", out.easy_getinfo) &&
                       library.take("curl_easy_strerror", out.easy_strerror) &&
                       library.take("curl_easy_cleanup", out.easy_cleanup) &&
                       library.take("curl_multi_init", out.multi_init) &&
                       library.take("curl_multi_add_handle", out.multi_add_handle) &&
                       library.take("curl_multi_remove_handle", out.multi_remove_handle) &&
                       library.take("curl_multi_perform", out.multi_perform) &&
                       library.take("curl_multi_poll", out.multi_poll) &&
                       library.take("curl_multi_info_read", out.multi_info_read) &&
                       library.take("curl_multi_cleanup", out.multi_cleanup) &&
                       library.take("curl_slist_append", out.slist_append) &&
                       library.take("curl_slist_free_all", out.slist_free_all);
    if (!whole || out.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return std::nullopt;
    return out;
}

}  // namespace

Result<const CurlLibrary*> curl_library() {
    static const std::optional<CurlLibrary> library = load();
    if (library) return &*library;
    return make_error(Errc::unavailable, "mail needs " + std::string(kName) +
                                             ", which can't be loaded (install Debian's libcurl4)");
}

}  // namespace kimbap::net
