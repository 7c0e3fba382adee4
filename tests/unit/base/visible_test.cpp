#include "base/visible.hpp"

#include <gtest/gtest.h>

namespace kimbap {
namespace {

TEST(VisibleTest, ShowsWhatHidesOrReordersAsItsCode) {
    const struct {
        std::string_view text;
        std::string_view shown;
    } rows[] = {
        {"order 42", "order 42"},
        {"Größe ≤ 3 €", "Größe ≤ 3 €"},
        {"a\x1b[2Jb", "a\\u{001B}[2Jb"},
        {"\xE2\x80\xAEgpj.exe", "\\u{202E}gpj.exe"},
        {"pay\xE2\x80\x8Bpal", "pay\\u{200B}pal"},
        {"\xF3\xA0\x81\x81x", "\\u{E0041}x"},
        {"\xC2\x85", "\\u{0085}"},
        {"a\xE2\x80\x8B"
         "b\xEF\xBB\xBF",
         "a\\u{200B}b\\u{FEFF}"},
        {"\x1B[31mred\xC2\x9B", "\\u{001B}[31mred\\u{009B}"},
        {"김밥 \xF0\x9F\x8D\x99", "김밥 \xF0\x9F\x8D\x99"},
        {"bad\xFFutf", "bad\xEF\xBF\xBDutf"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(visible(row.text, Breaks::keep), row.shown);
        EXPECT_EQ(visible(row.text, Breaks::show), row.shown);
    }
}

TEST(VisibleTest, LineBreaksStayWhereTheyMay) {
    EXPECT_EQ(visible("a\n\tb", Breaks::keep), "a\n\tb");
    EXPECT_EQ(visible("a\r\nb\tc"), "a\\u{000D}\\u{000A}b\\u{0009}c");
    EXPECT_EQ(visible("a\r\nb\tc", Breaks::keep), "a\\u{000D}\nb\tc");
    EXPECT_EQ(visible("a\n\tb\r", Breaks::show), "a\\u{000A}\\u{0009}b\\u{000D}");
}

}  // namespace
}  // namespace kimbap
