#include "base/markup.hpp"

#include <gtest/gtest.h>

namespace kimbap {
namespace {

TEST(MarkupTest, EscapesWhatCouldBeMarkupAndTheQuotesThatCount) {
    constexpr std::string_view text = R"(<a href="x">'&amp;' é</a>)";
    EXPECT_EQ(escape_markup(text, Quotes::none), R"(&lt;a href="x"&gt;'&amp;amp;' é&lt;/a&gt;)");
    EXPECT_EQ(escape_markup(text, Quotes::double_only),
              R"(&lt;a href=&quot;x&quot;&gt;'&amp;amp;' é&lt;/a&gt;)");
    EXPECT_EQ(escape_markup(text, Quotes::both),
              R"(&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39; é&lt;/a&gt;)");
    EXPECT_EQ(escape_markup("", Quotes::both), "");
}

}  // namespace
}  // namespace kimbap
