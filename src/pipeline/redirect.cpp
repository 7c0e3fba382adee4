#include "pipeline/redirect.hpp"

#include <algorithm>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace kimbap::pipeline {

namespace {

using manifests::Auth;
using manifests::AuthType;
using manifests::RenderedRequest;

Error refused(const std::string& why) {
    return make_error(Errc::blocked_address, "the service answered with a redirect " + why);
}

bool listed(const manifests::Service& service, const net::Url& url) {
    return std::any_of(service.redirects_to.begin(), service.redirects_to.end(),
                       [&](const std::string& origin) {
                           const auto known = net::parse_url(origin);
                           return known && net::same_origin(*known, url);
                       });
}

/// `target` without the query parameters called `name`.
std::string without_parameter(const std::string& target, const std::string& name) {
    const std::size_t mark = target.find('?');
    if (mark == std::string::npos) return target;
    std::string out = target.substr(0, mark);
    char before = '?';
    for (const std::string_view pair : split(std::string_view(target).substr(mark + 1), '&')) {
        if (percent_decode(pair.substr(0, pair.find('='))).value_or("") == name) continue;
        out += std::exchange(before, '&');
        out += pair;
    }
    return out;
}

}  // namespace

bool is_redirect(unsigned status, std::string_view location) {
    const bool sends_on =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    return sends_on && !location.empty();
}

Result<net::Url> resolve_location(const net::Url& from, std::string_view location) {
    location = trim(location.substr(0, location.find('#')));
    const std::string scheme = to_lower(location.substr(0, location.find(':')));
    const bool absolute = location.find(':') != std::string_view::npos &&
                          std::all_of(scheme.begin(), scheme.end(), [](char c) {
                              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
                                     c == '-' || c == '.';
                          });
    if (absolute) return net::parse_url(location);
    if (location.starts_with("//")) {
        return net::parse_url((from.tls ? "https:" : "http:") + std::string(location));
    }
    if (location.starts_with('/')) return net::parse_url(from.origin() + std::string(location));
    const std::string path = from.target.substr(0, from.target.find('?'));
    const std::string base =
        location.empty() || location.starts_with('?') ? path : path.substr(0, path.rfind('/') + 1);
    return net::parse_url(from.origin() + base + std::string(location));
}

Result<void> follow(Hop& hop, const manifests::Service& service, const Auth& auth,
                    std::string_view location) {
    auto url = resolve_location(hop.url, location);
    if (!url) return refused("to what is not a usable URL: refused");
    if (hop.request.method != "GET" && hop.request.method != "HEAD") {
        return refused("to " + url->origin() +
                       ", and only GET and HEAD are sent on: the manifest's "
                       "base_url, path or method is out of date");
    }
    if (net::same_origin(hop.url, *url)) {
        if (auth.type == AuthType::query) url->target = without_parameter(url->target, auth.field);
    } else {
        if (!listed(service, *url)) {
            return refused("to " + url->origin() +
                           ", another origin: refused (an operator can allow "
                           "it with redirects_to in the manifest)");
        }
        hop.with_credential = false;
        hop.request.headers.clear();
    }
    // As it came: to encode it anew could break a signature over it.
    hop.request.url = url->origin() + url->target;
    hop.request.query.clear();
    hop.url = std::move(*url);
    return {};
}

}  // namespace kimbap::pipeline
