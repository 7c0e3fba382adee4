#include "approval/notifiers/factory.hpp"

#include <gmock/gmock.h>

#include "unit/approval/notifiers/support.hpp"

namespace kimbap::approval {
namespace {

using ::testing::ElementsAre;

class NotifierFactory : public testing::Test {
protected:
    static ChannelConfig entry(const std::string& type) {
        ChannelConfig channel{"a", type, "https://x.example", "ref"};
        channel.place = "C1";
        channel.host = "smtp.example.com";
        channel.from = "k@example.com";
        channel.to = {"team@example.com"};
        return channel;
    }
    FakeApi api_;
    NotifierMeans means_{api_, [](const ChannelConfig&) { return nullptr; }, secret("x"), links()};
};

TEST_F(NotifierFactory, MakesEachType) {
    for (const char* type : {"webhook", "slack", "telegram", "email"}) {
        const auto made = make_notifier(entry(type), means_);
        ASSERT_TRUE(made) << type;
        EXPECT_EQ((*made)->name(), "a");
        EXPECT_EQ((*made)->updates_messages(), std::string(type) != "webhook");
    }
    EXPECT_THAT(recipients_of(entry("email")), ElementsAre("team@example.com"));
    EXPECT_THAT(recipients_of(entry("slack")), ElementsAre(""));
}

TEST_F(NotifierFactory, NamesWhatIsMissing) {
    EXPECT_EQ(make_notifier(entry("pigeon"), means_).error().code, Errc::invalid_config);
    for (const char* type : {"webhook", "slack", "telegram", "email"}) {
        const auto bare = make_notifier({"a", type, "", ""}, means_);
        ASSERT_FALSE(bare) << type;
        EXPECT_EQ(bare.error().code, Errc::invalid_config);
    }
}

TEST_F(NotifierFactory, AChatsMessagesCarryNoLinkUnlessItSaysWhose) {
    const auto notifier = make_notifier(entry("slack"), means_).value();
    static_cast<void>(test::run_task(notifier->deliver(notification(sample_event()))));
    EXPECT_EQ(to_json(api_.calls.at(0).body).find("/decide/"), std::string::npos);
}

}  // namespace
}  // namespace kimbap::approval
