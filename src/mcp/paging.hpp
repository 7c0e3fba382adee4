#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mcp/types.hpp"

namespace kimbap::mcp {

/// One page of a list, as the text that goes out: definitions as JSON objects joined by commas,
/// without the brackets, so that a cached list of thousands of tools is sent without being built.
struct Page {
    std::shared_ptr<const void> owner;  ///< Keeps `items_json` alive.
    std::string_view items_json;
    std::string next_cursor = {};          ///< Empty on the last page.
    std::optional<CacheHints> cache = {};  ///< Else ServerOptions::cache.
};
using PageOutcome = std::variant<Page, ProtocolError>;

/// An immutable list of definitions, sorted by key, serving pages by slicing one string. Build one
/// per caller and snapshot, keep it, and hand out its pages from any thread.
///
/// A cursor names the last key of the page before it, so that it stays valid, and neither repeats
/// nor skips what stayed, when the list changed in between.
class ItemList : public std::enable_shared_from_this<ItemList> {
public:
    struct Item {
        std::string key;   ///< The tool's or prompt's name, or the URI; unique.
        std::string json;  ///< Its definition: a JSON object on one line.
    };
    [[nodiscard]] static std::shared_ptr<const ItemList> create(
        std::vector<Item> items, std::optional<CacheHints> cache = {});

    /// The page after `cursor` ("" for the first). A malformed cursor: invalid_params.
    [[nodiscard]] PageOutcome page(std::string_view cursor, std::size_t page_size) const;
    [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }

private:
    ItemList() = default;

    std::string text_;
    std::vector<std::string> keys_;
    std::vector<std::size_t> ends_;  ///< Per item, where its JSON ends in text_.
    std::optional<CacheHints> cache_;
};

}  // namespace kimbap::mcp
