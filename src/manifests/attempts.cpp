#include "manifests/attempts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "manifests/json_value.hpp"
#include "manifests/path.hpp"

namespace kimbap::manifests {

namespace {

using std::chrono::milliseconds;

std::optional<TimePoint> parse_http_date(std::string_view text) {  // IMF-fixdate only
    constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int day = 0, year = 0, hour = 0, minute = 0, second = 0;
    std::array<char, 4> month{};
    const std::string copy(text);
    if (std::sscanf(copy.c_str(), "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month.data(), &year,
                    &hour, &minute, &second) != 6) {
        return std::nullopt;
    }
    const std::size_t index = months.find(month.data());
    if (index == std::string_view::npos || index % 3 != 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(index / 3 + 1)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    // 60 is a leap second.
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return TimePoint{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + std::chrono::seconds{second};
}

void set_query(RenderedRequest& request, const std::string& key, std::string value) {
    std::erase_if(request.query, [&](const auto& pair) { return pair.first == key; });
    request.query.emplace_back(key, std::move(value));
}

std::int64_t query_number(const RenderedRequest& request, const std::string& key,
                          std::int64_t fallback) {
    for (const auto& [name, text] : request.query) {
        std::int64_t value = 0;
        if (name == key &&
            std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{}) {
            return value;
        }
    }
    return fallback;
}

std::string_view origin_of(std::string_view url) {
    const std::size_t start = url.find("://");
    if (start == std::string_view::npos) return {};
    return url.substr(0, url.find('/', start + 3));
}

/// A part of a query, application/x-www-form-urlencoded.
std::string decode_component(std::string_view part) {
    std::string spaced(part);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return percent_decode(spaced).value_or(spaced);
}

/// Takes over path and query of a URL on the same origin, absolute or starting with '/'.
bool follow_url(RenderedRequest& request, std::string_view url) {
    url = url.substr(0, url.find('#'));
    const std::string origin(origin_of(request.url));
    if (!url.starts_with('/')) {
        if (origin_of(url) != origin) return false;
        url.remove_prefix(origin.size());
    }
    if (url.starts_with("//")) return false;  // another host (RFC 3986 section 4.2)
    const std::size_t mark = url.find('?');
    request.url = origin + std::string(url.substr(0, mark));
    request.query.clear();
    if (mark == std::string_view::npos) return true;
    for (const std::string_view pair : split(url.substr(mark + 1), '&')) {
        const std::size_t equals = pair.find('=');
        if (pair.empty()) continue;
        request.query.emplace_back(
            decode_component(pair.substr(0, equals)),
            equals == std::string_view::npos ? "" : decode_component(pair.substr(equals + 1)));
    }
    return true;
}

}  // namespace

std::optional<milliseconds> parse_retry_after(std::string_view text, TimePoint now) {
    text = trim(text);
    if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
        constexpr std::int64_t forever = 10'000'000;
        std::int64_t seconds = 0;
        const auto error = std::from_chars(text.data(), text.data() + text.size(), seconds).ec;
        return milliseconds{(error == std::errc{} ? std::min(seconds, forever) : forever) * 1000};
    }
    const auto date = parse_http_date(text);
    if (!date) return std::nullopt;
    return std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(*date - now));
}

std::optional<milliseconds> next_attempt(const Action& action, const Attempt& attempt,
                                         TimePoint now, double jitter) {
    if (attempt.number >= action.retry.max_attempts) return std::nullopt;
    // A 429 says that nothing was done (RFC 6585 section 4), as does a 503 with a Retry-After,
    // which only a server that turns work away sends. A bare 503 may come from a proxy that lost
    // the connection after it passed the request on; after any other error, too, it may have acted.
    const bool repeatable = action.idempotent || !action.idempotency_header.empty();
    if (attempt.status) {
        const auto& statuses = action.retry.retry_on;
        if (std::find(statuses.begin(), statuses.end(), *attempt.status) == statuses.end()) {
            return std::nullopt;
        }
        const bool refused =
            *attempt.status == 429 || (*attempt.status == 503 && !attempt.retry_after.empty());
        if (!repeatable && !refused) return std::nullopt;
    } else if (!attempt.retryable_error || (attempt.may_have_reached_peer && !repeatable)) {
        return std::nullopt;
    }
    milliseconds wait = action.retry.backoff * (1L << std::min(attempt.number - 1, 10));
    wait = std::min<milliseconds>(wait, kMaxRetryAfter);
    wait += milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * jitter / 2));
    if (!attempt.retry_after.empty()) {
        if (const auto asked = parse_retry_after(attempt.retry_after, now)) {
            if (*asked > kMaxRetryAfter) return std::nullopt;
            wait = std::max(wait, *asked);
        }
    }
    return wait;
}

const json::array* items_of(const Action& action, const json::value& page) {
    const json::value* found = at_path(page, action.response.extract);
    return found == nullptr ? nullptr : found->if_array();
}

void merge_page(const Action& action, json::value& first, const json::value& later) {
    const json::array* more = items_of(action, later);
    auto* all = const_cast<json::array*>(items_of(action, first));
    if (more == nullptr || all == nullptr) return;
    for (const auto& item : *more) all->push_back(item);
}

namespace {

/// Whether a cursor is a URL to follow. Cursors in base64 may start with '/', so a path counts as
/// one only where the manifest names no parameter for a cursor.
bool is_url(const Pagination& paging, std::string_view cursor) {
    return cursor.starts_with("https://") || cursor.starts_with("http://") ||
           (paging.cursor_param.empty() && cursor.starts_with('/'));
}

std::optional<RenderedRequest> advance(const Pagination& paging, const RenderedRequest& request,
                                       const json::value& page, std::size_t items) {
    RenderedRequest next = request;
    const json::value* cursor =
        paging.next_path.empty() ? nullptr : at_path(page, paging.next_path);
    const bool given = cursor != nullptr && !cursor->is_null() && *cursor != false &&
                       !(cursor->is_string() && cursor->get_string().empty());
    if (!paging.next_path.empty() && !given) return std::nullopt;
    if (given) {
        const std::string text = cursor->is_string() ? std::string(cursor->get_string())
                                                     : to_json(with_integers(*cursor));
        if (paging.type == PaginationType::offset) {
            set_query(next, paging.offset_param, text);
        } else if (is_url(paging, text)) {
            if (!follow_url(next, text)) return std::nullopt;
        } else {
            set_query(next, paging.cursor_param.empty() ? "cursor" : paging.cursor_param, text);
        }
        return next;
    }
    const std::int64_t limit = query_number(request, paging.limit_param, paging.page_size);
    if (items == 0 || (limit > 0 && static_cast<std::int64_t>(items) < limit)) return std::nullopt;
    const std::int64_t at = query_number(request, paging.offset_param, paging.by_page ? 1 : 0);
    const std::int64_t step = paging.by_page ? 1 : static_cast<std::int64_t>(items);
    set_query(next, paging.offset_param, std::to_string(at + step));
    return next;
}

}  // namespace

std::optional<RenderedRequest> next_page(const Action& action, const RenderedRequest& request,
                                         const json::value& page, std::size_t items,
                                         int pages_so_far) {
    const Pagination& paging = action.pagination;
    if (paging.type == PaginationType::none || pages_so_far >= paging.max_pages)
        return std::nullopt;
    auto next = advance(paging, request, page, items);
    // A service that names the same page again would be asked for it until max_pages.
    if (next && next->full_url() == request.full_url()) return std::nullopt;
    return next;
}

}  // namespace kimbap::manifests
