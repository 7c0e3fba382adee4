#include "approval/decision_link.hpp"

#include <gtest/gtest.h>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;
using Query = std::map<std::string, std::string>;

const TimePoint kExpiry = *parse_time("2026-11-23T12:30:00.25Z");
const TimePoint kNow = kExpiry - 5min;

DecisionLinks links(std::string_view key = "0123456789abcdef0123456789abcdef") {
    return {"https://k.example",
            [key = std::string(key)]() -> Result<Secret> { return Secret(key); }};
}

DecisionLink wanted() {
    return {"apr_1", "alice@example.com", "ops mail", kExpiry};
}

Query query_of(const std::string& url) {
    Query out;
    for (const std::string_view pair :
         split(std::string_view(url).substr(url.find('?') + 1), '&')) {
        const std::size_t equals = pair.find('=');
        out[std::string(pair.substr(0, equals))] = *percent_decode(pair.substr(equals + 1));
    }
    return out;
}

TEST(DecisionLink, IsCheckedAsItWasMade) {
    const std::string url = links().make(wanted()).value();
    // The signature is Python's: base64url(hmac.new(key, text, sha256)).
    EXPECT_EQ(url,
              "https://k.example/decide/apr_1?to=alice%40example.com&via=ops%20mail"
              "&until=1795437001&sig=JvPo4AiaeoB5IvqxJCecHHxDwT0Ekyu9qbGyVwyuQkc");
    const auto checked = links().check("apr_1", query_of(url), kNow);
    ASSERT_TRUE(checked) << checked.error().message;
    EXPECT_EQ(checked->operator_name, "alice@example.com");
    EXPECT_EQ(checked->channel, "ops mail");
    EXPECT_GE(checked->expires_at, kExpiry);
    EXPECT_LT(checked->expires_at, kExpiry + 1s);
    EXPECT_EQ(url.find(checked->mark), std::string::npos);
}

TEST(DecisionLink, IsTheSameEachTime) {
    const std::string url = links().make(wanted()).value();
    EXPECT_EQ(url, links().make(wanted()).value());
    DecisionLink other = wanted();
    other.channel = "ops chat";
    const std::string elsewhere = links().make(other).value();
    EXPECT_NE(links().check("apr_1", query_of(url), kNow)->mark,
              links().check("apr_1", query_of(elsewhere), kNow)->mark);
}

TEST(DecisionLink, WithAnythingChangedItIsRefused) {
    const Query genuine = query_of(links().make(wanted()).value());
    const auto refused = [](const std::string& approval, const Query& query) {
        const auto checked = links().check(approval, query, kNow);
        return !checked && checked.error().code == Errc::forbidden;
    };
    ASSERT_FALSE(refused("apr_1", genuine));
    EXPECT_TRUE(refused("apr_2", genuine));
    EXPECT_TRUE(refused("apr_1", {}));
    for (const auto& [name, value] : genuine) {
        Query without = genuine;
        without.erase(name);
        EXPECT_TRUE(refused("apr_1", without)) << name;
        for (const std::string& changed : {std::string(), value + "0", "0" + value, value.substr(1),
                                           value + "\n", std::string("bob")}) {
            Query other = genuine;
            other[name] = changed;
            EXPECT_TRUE(refused("apr_1", other)) << name << "=" << changed;
        }
    }
    // What stands in one field can't be read as another's.
    Query moved = genuine;
    moved["to"] = "alice@example.com\nops mail";
    moved["via"] = "";
    EXPECT_TRUE(refused("apr_1", moved));
    const auto foreign = links("another key, of another kimbap").check("apr_1", genuine, kNow);
    EXPECT_EQ(foreign.error().code, Errc::forbidden);
}

TEST(DecisionLink, IsGoodUntilTheApprovalExpires) {
    const Query genuine = query_of(links().make(wanted()).value());
    EXPECT_TRUE(links().check("apr_1", genuine, kExpiry));
    const auto late = links().check("apr_1", genuine, kExpiry + 1s);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::timed_out);
    Query forged = genuine;
    forged["to"] = "bob";
    EXPECT_EQ(links().check("apr_1", forged, kExpiry + 1s).error().code, Errc::forbidden);
}

TEST(DecisionLink, NoneWithoutAPlaceOrAKey) {
    const auto unasked = []() -> Result<Secret> {
        ADD_FAILURE() << "the key isn't needed";
        return Secret();
    };
    EXPECT_EQ(DecisionLinks("", unasked).make(wanted()).value(), "");
    const DecisionLinks locked("https://k.example", []() -> Result<Secret> {
        return make_error(Errc::corrupt, "the vault is damaged");
    });
    EXPECT_EQ(locked.make(wanted()).error().code, Errc::corrupt);
    const Query genuine = query_of(links().make(wanted()).value());
    EXPECT_EQ(locked.check("apr_1", genuine, kNow).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace kimbap::approval
