#include "operator_api/html.hpp"

#include <gtest/gtest.h>

namespace kimbap::operator_api {
namespace {

struct Case {
    std::string_view given;
    std::string_view shown;
};

TEST(EscapeHtml, WhatAnAgentWroteStaysText) {
    for (const Case& test : {
             Case{"plain, 5 € and 日本", "plain, 5 € and 日本"},
             Case{"<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
             Case{"\" onclick=\"a&b", "&quot; onclick=&quot;a&amp;b"},
             Case{"two\nlines\tand a tab", "two\nlines\tand a tab"},
             Case{std::string_view("a\0b\x1b[2Jc\x7f", 9), "a\\u{0000}b\\u{001B}[2Jc\\u{007F}"},
             // 100 read backwards as 001, a name with an invisible part, and a soft hyphen.
             Case{"\u202E001\u202C", "\\u{202E}001\\u{202C}"},
             Case{"al\u200Bice\u2066\uFEFF", "al\\u{200B}ice\\u{2066}\\u{FEFF}"},
             Case{"a\u00ADb\u0085c\u2028d", "a\\u{00AD}b\\u{0085}c\\u{2028}d"},
             Case{"\U000E0041", "\\u{E0041}"},
             Case{"\xff\xfe<b>", "\uFFFD\uFFFD&lt;b&gt;"},
             Case{"", ""},
         }) {
        EXPECT_EQ(escape_html(test.given), test.shown) << test.given;
    }
}

}  // namespace
}  // namespace kimbap::operator_api
