#include "manifests/attempts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
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
    if (!date.ok()) return std::nullopt;
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

/// Takes over the query of a URL on the same origin.
bool follow_url(RenderedRequest& request, std::string_view url) {
    const std::string_view base = url.starts_with('/') ? origin_of(request.url) : origin_of(url);
    if (base != origin_of(request.url)) return false;
    const std::size_t mark = url.find('?');
    std::string path(url.substr(0, mark));
    request.url = url.starts_with('/') ? std::string(base) + path : path;
    request.query.clear();
    if (mark == std::string_view::npos) return true;
    for (const std::string_view pair : split(url.substr(mark + 1), '&')) {
        const std::size_t equals = pair.find('=');
        const auto decoded = [](std::string_view part) {
            return percent_decode(part).value_or(std::string(part));
        };
        request.query.emplace_back(
            decoded(pair.substr(0, equals)),
            equals == std::string_view::npos ? "" : decoded(pair.substr(equals + 1)));
    }
    return true;
}

}  // namespace

std::optional<milliseconds> parse_retry_after(std::string_view text, TimePoint now) {
    text = trim(text);
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc{} && end == text.data() + text.size() && seconds >= 0 &&
        seconds < 10'000'000) {
        return milliseconds{seconds * 1000};
    }
    const auto date = parse_http_date(text);
    if (!date) return std::nullopt;
    return std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(*date - now));
}

std::optional<milliseconds> next_attempt(const Action& action, const Attempt& attempt,
                                         TimePoint now, double jitter) {
    if (attempt.number >= action.retry.max_attempts) return std::nullopt;
    const bool repeatable = action.idempotent || !action.idempotency_header.empty();
    if (attempt.status) {
        const auto& statuses = action.retry.retry_on;
        if (std::find(statuses.begin(), statuses.end(), *attempt.status) == statuses.end()) {
            return std::nullopt;
        }
        // 429 and 503 say that nothing was done (RFC 6585 section 4, RFC 9110 section 15.6.4);
        // after any other error the request may have acted.
        if (!repeatable && *attempt.status != 429 && *attempt.status != 503) return std::nullopt;
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

std::optional<RenderedRequest> next_page(const Action& action, const RenderedRequest& request,
                                         const json::value& page, std::size_t items,
                                         int pages_so_far) {
    const Pagination& paging = action.pagination;
    if (paging.type == PaginationType::none || pages_so_far >= paging.max_pages)
        return std::nullopt;
    RenderedRequest next = request;
    const json::value* cursor =
        paging.next_path.empty() ? nullptr : at_path(page, paging.next_path);
    const bool given = cursor != nullptr && !cursor->is_null() && *cursor != false &&
                       !(cursor->is_string() && cursor->get_string().empty());
    if (!paging.next_path.empty() && !given) return std::nullopt;
    if (given && paging.type == PaginationType::cursor) {
        const std::string text =
            cursor->is_string() ? std::string(cursor->get_string()) : to_json(*cursor);
        if (text.find("://") != std::string::npos || text.starts_with('/')) {
            return follow_url(next, text) ? std::optional(std::move(next)) : std::nullopt;
        }
        set_query(next, paging.cursor_param, text);
        return next;
    }
    if (given) {
        set_query(next, paging.offset_param, to_json(*cursor));
        return next;
    }
    const std::int64_t limit = query_number(request, paging.limit_param, paging.page_size);
    if (items == 0 || (limit > 0 && static_cast<std::int64_t>(items) < limit)) return std::nullopt;
    const std::int64_t at = query_number(request, paging.offset_param, paging.by_page ? 1 : 0);
    const std::int64_t step = paging.by_page ? 1 : static_cast<std::int64_t>(items);
    set_query(next, paging.offset_param, std::to_string(at + step));
    return next;
}

}  // namespace kimbap::manifests
