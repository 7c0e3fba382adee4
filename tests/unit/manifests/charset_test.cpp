#include "manifests/charset.hpp"

#include <gtest/gtest.h>

namespace kimbap::manifests {
namespace {

using namespace std::string_literals;

TEST(Charset, Table) {
    const struct {
        std::string type;
        std::string body;
        std::string converted;
    } rows[] = {
        {"text/html", "caf\xe9", "caf\xe9"},
        {"text/html; charset=utf-8", "caf\u00e9", "caf\u00e9"},
        {"text/html; charset=windows-1252", "caf\xe9 \x80", "caf\u00e9 \u20ac"},
        {"text/html; Charset=\"ISO-8859-1\"", "caf\xe9 \x80", "caf\u00e9 \u20ac"},
        {"text/plain;charset=iso-8859-1", "\x81\xe9", "\u0081\u00e9"},
        {"text/plain; charset=iso-8859-15; x=y", "\xa4", "\u20ac"},
        {"application/json; charset=utf-16", "\xff\xfe{\0}\0"s, "{}"},
        {"text/plain; charset=utf-16be", "\0h\0i"s, "hi"},
        {"text/plain; charset=shift_jis", "\x83\x8f", "\u30ef"},
        {"text/plain; charset=utf-16be", "\0h\0"s, "\0h\0"s},
        {"text/plain; charset=klingon", "\xe9", "\xe9"},
        {"text/plain; charset=cp1252//IGNORE", "\xe9", "\xe9"},
        {"text/plain; charset=windows-1252", "", ""},
    };
    for (const auto& row : rows) EXPECT_EQ(to_utf8(row.body, row.type), row.converted) << row.type;
    const std::string long_text(100'000, '\xe9');
    EXPECT_EQ(to_utf8(long_text, "text/plain; charset=latin1").size(), 200'000U);
}

}  // namespace
}  // namespace kimbap::manifests
