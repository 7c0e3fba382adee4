#include "approval/shortened.hpp"

#include <gmock/gmock.h>

#include <boost/json/array.hpp>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::approval {
namespace {

using ::testing::HasSubstr;

std::size_t size_of(const json::object& object) {
    return to_json(json::value(object)).size();
}

TEST(Shorten, LeavesShortParametersAlone) {
    const json::object parameters{{"b", 1}, {"a", std::string(5000, 'x')}};
    const Shortened out = shorten(parameters);
    EXPECT_FALSE(out.cut);
    EXPECT_EQ(out.parameters, parameters);
    EXPECT_EQ(out.bytes, size_of(parameters));
    EXPECT_EQ(out.digest, parameters_digest(parameters));
}

TEST(Shorten, CutsLongStringsAndTellsTheirDigest) {
    const std::string body(1U << 20, 'x');
    const Shortened out = shorten({{"body", body}, {"to", "alice"}});
    EXPECT_TRUE(out.cut);
    EXPECT_LE(size_of(out.parameters), 600U);
    EXPECT_THAT(std::string(out.parameters.at("body").as_string()),
                HasSubstr("… [1048576 bytes, sha256:" + sha256_hex(body) + "]"));
    EXPECT_EQ(out.parameters.at("to"), "alice");
    EXPECT_EQ(out.digest, "sha256:" + sha256_hex(R"({"body":")" + body + R"(","to":"alice"})"));
}

TEST(Shorten, StaysWithinItsLimitWhateverTheShape) {
    json::array many;
    for (int i = 0; i < 50'000; ++i) many.push_back({{"id", i}, {"note", std::string(250, 'n')}});
    json::value deep = "bottom";
    for (int i = 0; i < 60; ++i) deep = json::object{{std::string(1000, 'k'), json::array{deep}}};
    json::object wide;
    for (int i = 0; i < 20'000; ++i) wide["key" + std::to_string(i)] = i;
    for (const json::object& one :
         {json::object{{"list", many}}, json::object{{"deep", deep}, {"list", many}}, wide,
          json::object{{std::string(1U << 20, 'k'), 1}}}) {
        const Shortened out = shorten(one);
        EXPECT_TRUE(out.cut);
        EXPECT_LE(size_of(out.parameters), kMaxNotifiedParameters + 2000);
    }
    EXPECT_THAT(to_json(json::value(shorten({{"list", many}}).parameters)), HasSubstr(" more]"));
}

TEST(Shorten, NeverCutsACharacterInTwo) {
    std::string text;
    while (text.size() < 20'000) text += "€";
    for (std::size_t pad = 0; pad < 4; ++pad) {
        const Shortened out = shorten({{"t", std::string(pad, 'x') + text}});
        EXPECT_TRUE(is_utf8(std::string_view(out.parameters.at("t").as_string())));
    }
}

}  // namespace
}  // namespace kimbap::approval
