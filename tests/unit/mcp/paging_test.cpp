#include "mcp/paging.hpp"

#include <gtest/gtest.h>

namespace kimbap::mcp {
namespace {

std::shared_ptr<const ItemList> list_of(const std::vector<std::string>& keys) {
    std::vector<ItemList::Item> items;
    for (const auto& key : keys) items.push_back({key, "{\"k\":\"" + key + "\"}"});
    return ItemList::create(std::move(items));
}

Page page_of(const ItemList& list, std::string_view cursor, std::size_t size) {
    return std::get<Page>(list.page(cursor, size));
}

TEST(Paging, SlicesSortedItems) {
    const auto list = list_of({"c", "a", "b"});
    const auto first = page_of(*list, "", 2);
    EXPECT_EQ(first.items_json, R"({"k":"a"},{"k":"b"})");
    const auto second = page_of(*list, first.next_cursor, 2);
    EXPECT_EQ(second.items_json, R"({"k":"c"})");
    EXPECT_EQ(second.next_cursor, "");
}

TEST(Paging, AFullLastPageHasNoCursor) {
    const auto list = list_of({"a", "b"});
    EXPECT_EQ(page_of(*list, "", 2).next_cursor, "");
    EXPECT_EQ(page_of(*list_of({}), "", 2).items_json, "");
}

TEST(Paging, CursorsSurviveAChangeOfTheList) {
    const auto cursor = page_of(*list_of({"a", "b", "c", "d"}), "", 2).next_cursor;
    EXPECT_EQ(page_of(*list_of({"a", "bb", "c"}), cursor, 5).items_json, R"({"k":"bb"},{"k":"c"})");
    EXPECT_EQ(page_of(*list_of({"a"}), cursor, 5).items_json, "");
}

TEST(Paging, RefusesForeignCursors) {
    const auto list = list_of({"a"});
    for (const auto* cursor : {"x", "!!", "YWJj", "a b"}) {
        EXPECT_TRUE(std::holds_alternative<ProtocolError>(list->page(cursor, 1))) << cursor;
    }
}

TEST(Paging, APageKeepsItsListAlive) {
    auto list = list_of({"a"});
    const auto page = page_of(*list, "", 1);
    list.reset();
    EXPECT_EQ(page.items_json, R"({"k":"a"})");
}

}  // namespace
}  // namespace kimbap::mcp
