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

/// RFC 3986 section 5.2.4, of a path that begins with '/'. Dots that are percent-encoded stay, and
/// are refused with the URL: who writes them means to hide them.
std::string without_dot_segments(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        path.remove_prefix(1);  // the '/'
        const std::string_view segment = path.substr(0, path.find('/'));
        path.remove_prefix(segment.size());
        const bool last = path.empty();
        if (segment == "..") out.erase(out.empty() ? 0 : out.rfind('/'));
        if (segment != ".." && segment != ".") {
            out.append("/").append(segment);
        } else if (last) {
            out += '/';
        }
    }
    return out;
}

/// What `reference` leads to from an origin (scheme and authority), as a path, an empty one too,
/// with its query.
Result<net::Url> at_origin(const std::string& origin, std::string_view reference) {
    const std::string_view path = reference.substr(0, reference.find('?'));
    return net::parse_url(origin + without_dot_segments(path) +
                          std::string(reference.substr(path.size())));
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
    if (absolute || location.starts_with("//")) {
        const std::string whole = absolute
                                      ? std::string(location)
                                      : (from.tls ? "https:" : "http:") + std::string(location);
        const std::size_t slashes = whole.find("//");
        if (slashes == std::string::npos) return net::parse_url(whole);
        const std::size_t path = std::min(whole.find_first_of("/?", slashes + 2), whole.size());
        return at_origin(whole.substr(0, path), std::string_view(whole).substr(path));
    }
    if (location.starts_with('/')) return at_origin(from.origin(), location);
    const std::string path = from.target.substr(0, from.target.find('?'));
    const std::string base =
        location.empty() || location.starts_with('?') ? path : path.substr(0, path.rfind('/') + 1);
    return at_origin(from.origin(), base + std::string(location));
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
