#include "net/curl_library.hpp"

#include <dlfcn.h>

#include <optional>
#include <string>

namespace kimbap::net {

namespace {

constexpr const char* kName = "libcurl.so.4";

template <class Function>
bool take(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    return function != nullptr;
}

std::optional<CurlLibrary> load() {
    void* const library = ::dlopen(kName, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return std::nullopt;
    CurlLibrary out;
    const bool whole = take(library, "curl_global_init", out.global_init) &&
                       take(library, "curl_easy_init", out.easy_init) &&
                       take(library, "curl_easy_setopt", out.easy_setopt) &&
                       take(library, "curl_easy_getinfo", out.easy_getinfo) &&
                       take(library, "curl_easy_strerror", out.easy_strerror) &&
                       take(library, "curl_easy_cleanup", out.easy_cleanup) &&
                       take(library, "curl_multi_init", out.multi_init) &&
                       take(library, "curl_multi_add_handle", out.multi_add_handle) &&
                       take(library, "curl_multi_remove_handle", out.multi_remove_handle) &&
                       take(library, "curl_multi_perform", out.multi_perform) &&
                       take(library, "curl_multi_poll", out.multi_poll) &&
                       take(library, "curl_multi_info_read", out.multi_info_read) &&
                       take(library, "curl_multi_cleanup", out.multi_cleanup) &&
                       take(library, "curl_slist_append", out.slist_append) &&
                       take(library, "curl_slist_free_all", out.slist_free_all);
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
