#include "mcp/paging.hpp"

#include <algorithm>
#include <utility>

#include "base/encoding.hpp"

namespace kimbap::mcp {
namespace {

/// Marks our cursors, so that one from elsewhere is refused instead of silently starting anywhere.
constexpr std::string_view kCursorMark = "after:";

}  // namespace

std::shared_ptr<const ItemList> ItemList::create(std::vector<Item> items,
                                                 std::optional<CacheHints> cache) {
    std::sort(items.begin(), items.end(),
              [](const Item& a, const Item& b) { return a.key < b.key; });
    std::shared_ptr<ItemList> list(new ItemList);
    std::size_t bytes = 0;
    for (const auto& item : items) bytes += item.json.size() + 1;
    list->text_.reserve(bytes);
    list->keys_.reserve(items.size());
    list->ends_.reserve(items.size());
    for (auto& item : items) {
        if (!list->text_.empty()) list->text_ += ',';
        list->text_ += item.json;
        list->ends_.push_back(list->text_.size());
        list->keys_.push_back(std::move(item.key));
    }
    list->cache_ = cache;
    return list;
}

PageOutcome ItemList::page(std::string_view cursor, std::size_t page_size) const {
    std::size_t first = 0;
    if (!cursor.empty()) {
        const auto decoded = base64url_decode(cursor);
        if (!decoded || !decoded->starts_with(kCursorMark)) {
            return invalid_params("Invalid cursor: pass one that a list answer gave, or none");
        }
        const auto after = std::string_view(*decoded).substr(kCursorMark.size());
        first = static_cast<std::size_t>(std::upper_bound(keys_.begin(), keys_.end(), after) -
                                         keys_.begin());
    }
    const auto last = std::min(keys_.size(), first + std::max<std::size_t>(page_size, 1));
    Page page;
    page.owner = shared_from_this();
    page.cache = cache_;
    if (first < last) {
        const auto begin = first == 0 ? 0 : ends_[first - 1] + 1;  // Past the comma.
        page.items_json = std::string_view(text_).substr(begin, ends_[last - 1] - begin);
    }
    if (last < keys_.size()) {
        page.next_cursor = base64url_encode(std::string(kCursorMark) + keys_[last - 1]);
    }
    return page;
}

}  // namespace kimbap::mcp
