#include "async/cancellation.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace kimbap::async {
namespace {

TEST(Cancellation, TokenOfNobodyIsNeverCancelled) {
    const CancelToken token;
    bool called = false;
    const auto registration = token.on_cancel([&] { called = true; });
    EXPECT_FALSE(token.cancelled());
    EXPECT_FALSE(called);
}

TEST(Cancellation, CallsEveryCallbackOnceInOrder) {
    CancelSource source;
    const CancelToken token = source.token();
    std::string order;
    const auto first = token.on_cancel([&] { order += "1"; });
    const auto second = token.on_cancel([&] { order += "2"; });
    source.cancel();
    source.cancel();
    EXPECT_TRUE(token.cancelled());
    EXPECT_TRUE(source.cancelled());
    EXPECT_EQ(order, "12");
}

TEST(Cancellation, CallsAtOnceWhereAlreadyCancelled) {
    CancelSource source;
    source.cancel();
    int calls = 0;
    {
        const auto registration = source.token().on_cancel([&] { ++calls; });
    }
    EXPECT_EQ(calls, 1);
}

TEST(Cancellation, DroppedRegistrationIsNotCalled) {
    CancelSource source;
    int calls = 0;
    {
        const auto registration = source.token().on_cancel([&] { ++calls; });
    }
    source.cancel();
    EXPECT_EQ(calls, 0);
}

TEST(Cancellation, MovedRegistrationStaysRegisteredOnce) {
    CancelSource source;
    int calls = 0;
    int replaced = 0;
    CancelToken::Registration kept = source.token().on_cancel([&] { ++replaced; });
    {
        CancelToken::Registration first = source.token().on_cancel([&] { ++calls; });
        CancelToken::Registration second(std::move(first));
        kept = std::move(second);
    }
    source.cancel();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(replaced, 0) << "assigning over a registration unregisters it";
}

TEST(Cancellation, CallbackMayDropAnotherRegistration) {
    // What the first callback ends may own the second: it must then not be called any more.
    CancelSource source;
    int late = 0;
    std::optional<CancelToken::Registration> second;
    const auto first = source.token().on_cancel([&] { second.reset(); });
    second = source.token().on_cancel([&] { ++late; });
    source.cancel();
    EXPECT_EQ(late, 0);
}

TEST(Cancellation, CallbackMayDestroyTheSource) {
    auto source = std::make_optional<CancelSource>();
    int calls = 0;
    const CancelToken token = source->token();
    const auto first = token.on_cancel([&] { source.reset(); });
    const auto second = token.on_cancel([&] { ++calls; });
    source->cancel();
    EXPECT_EQ(calls, 1);
}

TEST(Cancellation, RegistrationOutlivesItsSource) {
    CancelToken::Registration registration;
    {
        CancelSource source;
        registration = source.token().on_cancel([] {});
    }
    registration = {};
}

}  // namespace
}  // namespace kimbap::async
