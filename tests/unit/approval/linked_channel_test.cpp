#include "approval/linked_channel.hpp"

#include <gtest/gtest.h>

#include "base/json_text.hpp"
#include "support/run_task.hpp"

namespace kimbap::approval {
namespace {

const std::string kRequest =
    R"({"type":"approval.requested","data":{"id":"apr_1","expires_at":"2026-11-23T12:30:00Z"}})";

LinkedChannel channel(Result<std::string> url) {
    return {"ops", "alice", [url](DecisionLink link) -> Task<Result<std::string>> {
                EXPECT_EQ(link.approval, "apr_1");
                EXPECT_EQ(link.operator_name, "alice");
                EXPECT_EQ(link.channel, "ops");
                EXPECT_EQ(link.expires_at, *parse_time("2026-11-23T12:30:00Z"));
                co_return url;
            }};
}

Result<std::string> body(const LinkedChannel& linked, const std::string& text) {
    return test::run_task(with_decide_url(linked, {"evt_1", "apr_1", {}, text}));
}

TEST(LinkedChannel, ARequestCarriesTheLink) {
    const auto event = parse_json(body(channel("https://k.example/d"), kRequest).value()).value();
    EXPECT_EQ(event.at("data").at("decide_url"), "https://k.example/d");
    EXPECT_EQ(event.at("data").at("id"), "apr_1");
}

TEST(LinkedChannel, NothingElseDoes) {
    const std::string denied = R"({"type":"approval.denied","data":{"id":"apr_1"}})";
    EXPECT_EQ(body(channel("https://k.example/d"), denied).value(), denied);
    EXPECT_EQ(body(channel("https://k.example/d"), "no JSON").value(), "no JSON");
    EXPECT_EQ(body({"ops", "alice", {}}, kRequest).value(), kRequest);
    EXPECT_EQ(body(channel(std::string()), kRequest).value(), kRequest);
}

TEST(LinkedChannel, WithoutItsLinkARequestIsNotSent) {
    const auto locked = body(channel(make_error(Errc::corrupt, "damaged")), kRequest);
    EXPECT_EQ(locked.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace kimbap::approval
