#include "manifests/pages.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "manifests/json_value.hpp"
#include "manifests/path.hpp"

namespace kimbap::manifests {

namespace {

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

/// Whether a cursor is a URL to follow. Cursors in base64 may start with '/', so a path counts as
/// one only where the manifest names no parameter for a cursor.
bool is_url(const Pagination& paging, std::string_view cursor) {
    return cursor.starts_with("https://") || cursor.starts_with("http://") ||
           (paging.cursor_param.empty() && cursor.starts_with('/'));
}

/// Whether a next cursor says that there is no next page. Zero is where the first page starts,
/// which would be fetched again.
bool is_end(const json::value* cursor) {
    if (cursor == nullptr || cursor->is_null() || *cursor == false) return true;
    if (cursor->is_number()) return to_number(*cursor) == 0;
    if (const auto* text = cursor->if_string()) return text->empty() || *text == "0";
    if (const auto* object = cursor->if_object()) return object->empty();
    const auto* array = cursor->if_array();
    return array != nullptr && array->empty();
}

constexpr std::string_view kElsewhere =
    "There is more: the service's next page is at another origin, where kimbap doesn't follow.";

constexpr std::string_view kNoCursor =
    "There is more: the service says so, but not by what to ask for it (pagination.next_path leads "
    "to true, which is no cursor).";

/// `limit`: the manifest's key that ended it.
std::string more_than(std::size_t count, const std::string& what, const char* limit) {
    return "There may be more: only the first " +
           (count == 1 ? what + " is" : std::to_string(count) + " " + what + "s are") +
           " here (ask for less, or for what follows; an operator can raise " + limit + ").";
}

/// The request for the page that `cursor` names; nullopt, and why in `more`, where that is at
/// another origin.
std::optional<RenderedRequest> follow(const Pagination& paging, RenderedRequest request,
                                      const json::value& cursor, std::string& more) {
    const std::string text =
        cursor.is_string() ? std::string(cursor.get_string()) : to_json(with_integers(cursor));
    if (is_url(paging, text)) {
        if (follow_url(request, text)) return request;
        more = kElsewhere;
        return std::nullopt;
    }
    if (paging.type == PaginationType::offset) {
        set_query(request, paging.offset_param, text);
    } else {
        set_query(request, paging.cursor_param.empty() ? "cursor" : paging.cursor_param, text);
    }
    return request;
}

/// The request for what comes behind so many items.
RenderedRequest count_on(const Pagination& paging, RenderedRequest request, std::size_t items) {
    const std::int64_t at = query_number(request, paging.offset_param, paging.by_page ? 1 : 0);
    const std::int64_t step = paging.by_page ? 1 : static_cast<std::int64_t>(items);
    set_query(request, paging.offset_param, std::to_string(at + step));
    return request;
}

/// Whether a page has fewer items than were asked for.
bool is_short(const Pagination& paging, const RenderedRequest& request, std::size_t items) {
    const std::int64_t limit = query_number(request, paging.limit_param, paging.page_size);
    return limit > 0 && static_cast<std::int64_t>(items) < limit;
}

/// The request for the page behind `page`; nullopt where that is the last one. `more` says so where
/// it only is the last that may be asked for.
std::optional<RenderedRequest> advance(const Pagination& paging, const RenderedRequest& request,
                                       const json::value& page, std::size_t items,
                                       std::string& more) {
    if (paging.next_path.empty()) {
        if (items == 0 || is_short(paging, request, items)) return std::nullopt;
        return count_on(paging, request, items);
    }
    const json::value* const cursor = at_path(page, paging.next_path);
    if (is_end(cursor)) return std::nullopt;
    if (*cursor != true) return follow(paging, request, *cursor, more);
    // That there is more is all that it says.
    if (paging.type == PaginationType::cursor) {
        more = kNoCursor;
        return std::nullopt;
    }
    if (items == 0) return std::nullopt;
    return count_on(paging, request, items);
}

/// The list of items under the action's `extract`; null where there is none.
json::array* items_of(const Action& action, json::value& page) {
    // at_path gives a part of `page`, which is not const here.
    auto* found = const_cast<json::value*>(at_path(page, action.response.extract));
    return found == nullptr ? nullptr : found->if_array();
}

/// A page's JSON; nullopt where it is an error or none.
std::optional<json::value> json_of(const Action& action, const RawResponse& response) {
    if (response.status >= 300) return std::nullopt;
    auto value = parse_body(action.response, response);
    if (!value || !*value || error_in(action.response, **value)) return std::nullopt;
    return std::move(*value);
}

}  // namespace

Pages::Pages(const Action& action, RenderedRequest first, std::size_t max_bytes)
    : action_(action), request_(std::move(first)), max_bytes_(max_bytes) {}

const RenderedRequest* Pages::add(RawResponse response) {
    bytes_ += response.body.size();
    if (bytes_ > max_bytes_) {
        answer_.is_error = true;
        answer_.message = "the pages together are larger than " + std::to_string(max_bytes_) +
                          " bytes (ask for less, or lower pagination.max_pages in the manifest)";
        return nullptr;
    }
    auto page = json_of(action_, response);
    if (!page) {
        // The items of the pages before would pass for all of them: what is wrong with one page is
        // wrong with the call. A later page that is merely empty is the end.
        answer_ = shape(action_, std::move(response));
        if (count_ > 0 && !answer_.is_error) finish();
        return nullptr;
    }
    json::array* items = items_of(action_, *page);
    // Without a list there is nothing that further pages could add to.
    const bool joinable = count_ > 0 || items != nullptr;
    auto following = joinable ? next(*page, items == nullptr ? 0 : items->size()) : std::nullopt;
    if (json::array* all = count_ == 0 ? nullptr : items_of(action_, merged_);
        all != nullptr && items != nullptr) {
        for (auto& item : *items) all->push_back(std::move(item));
    }
    if (count_++ == 0) merged_ = std::move(*page);
    const std::size_t most = max_items();
    if (const json::array* all = items_of(action_, merged_);
        all != nullptr && (all->size() > most || (following && all->size() == most))) {
        more_ = more_than(most, "item", "filter.max_items");
        following.reset();
    }
    if (!following) {
        finish();
        return nullptr;
    }
    request_ = std::move(*following);
    return &request_;
}

std::size_t Pages::max_items() const {
    const auto& filter = action_.response.filter;
    const bool limited = action_.pagination.type != PaginationType::none && filter;
    return limited ? filter->max_items.value_or(SIZE_MAX) : SIZE_MAX;
}

void Pages::finish() {
    answer_ = shape_json(action_, std::move(merged_));
    if (!answer_.is_error && !more_.empty()) answer_.message = std::move(more_);
}

std::optional<RenderedRequest> Pages::next(const json::value& page, std::size_t items) {
    const Pagination& paging = action_.pagination;
    if (paging.type == PaginationType::none) return std::nullopt;
    auto next = advance(paging, request_, page, items, more_);
    if (!next) return std::nullopt;
    if (action_.auth.type == AuthType::query) {
        // A link in the answer may have the credential, cut out of it: it is added anew.
        std::erase_if(next->query,
                      [&](const auto& pair) { return pair.first == action_.auth.field; });
    }
    // A service that names a page again would be asked for the same ones until max_pages.
    asked_.insert(sha256_hex(request_.full_url()));
    if (asked_.contains(sha256_hex(next->full_url()))) return std::nullopt;
    if (count_ + 1 >= paging.max_pages) {
        more_ =
            more_than(static_cast<std::size_t>(paging.max_pages), "page", "pagination.max_pages");
        return std::nullopt;
    }
    return next;
}

}  // namespace kimbap::manifests
