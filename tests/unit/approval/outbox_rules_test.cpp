#include "approval/outbox_rules.hpp"

#include <gtest/gtest.h>

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = from_unix_micros(1'795'435'200'000'000);

store::OutboxRow row(const std::string& id, const std::string& state = "pending") {
    return {id, "apr_1", "ops", "{}", state, 0, kNow, kNow, ""};
}

TEST(RetryDelay, DoublesUpToALimitWithJitter) {
    const OutboxOptions options;
    EXPECT_EQ(retry_delay(options, 1, 0.0), 500ms);
    EXPECT_EQ(retry_delay(options, 1, 0.999999), 999ms);
    EXPECT_EQ(retry_delay(options, 2, 0.0), 1s);
    EXPECT_EQ(retry_delay(options, 5, 0.0), 8s);
    EXPECT_EQ(retry_delay(options, 12, 0.0), 1024s);
    EXPECT_EQ(retry_delay(options, 13, 0.0), 30min);
    EXPECT_EQ(retry_delay(options, 1'000'000, 0.0), 30min);
}

TEST(Settle, KeepsTheReceiptOfWhatWasDelivered) {
    store::OutboxRow one = row("evt_1");
    one.last_error = "refused";
    Delivery delivery;
    delivery.receipt = "C1:17.001";
    settle({}, one, delivery, kNow, 0);
    EXPECT_EQ(one.state, "delivered");
    EXPECT_EQ(one.attempts, 1);
    EXPECT_EQ(one.receipt, "C1:17.001");
    EXPECT_EQ(one.last_error, "");
}

TEST(Settle, ARateLimitNeverUsesUpTheAttempts) {
    store::OutboxRow one = row("evt_1");
    Delivery limited(make_error(Errc::rate_limited, "429"));
    limited.retry_after = 7s;
    for (int i = 0; i < 200; ++i) settle({}, one, limited, kNow, 0.5);
    EXPECT_EQ(one.state, "pending");
    EXPECT_EQ(one.next_attempt_at, kNow + 7500ms);
    limited.retry_after = 0s;  // whatever a receiver claims
    settle({}, one, limited, kNow, 0);
    EXPECT_EQ(one.next_attempt_at, kNow + 1s);
    limited.retry_after = 1000h;
    settle({}, one, limited, kNow, 0);
    EXPECT_EQ(one.next_attempt_at, kNow + 1h);
    settle({}, one, limited, kNow + 24h, 0);
    EXPECT_EQ(one.state, "dead");
}

TEST(Settle, WhatWasCutOffByTheEndOfTheProcessCostsNothing) {
    store::OutboxRow one = row("evt_1");
    settle({}, one, Delivery(make_error(Errc::cancelled, "stopping")), kNow, 0);
    EXPECT_EQ(one.state, "pending");
    EXPECT_EQ(one.attempts, 0);
    EXPECT_EQ(one.next_attempt_at, kNow);
}

TEST(Settle, KeepsErrorsShortAndReadable) {
    store::OutboxRow one = row("evt_1");
    settle({}, one, Delivery(make_error(Errc::unavailable, std::string(499, 'x') + "\xC3\xA9")),
           kNow, 0);
    EXPECT_EQ(one.last_error, std::string(499, 'x'));
}

TEST(Settle, KeepsWhatEveryDatabaseDoes) {
    store::OutboxRow one = row("evt_1");
    Delivery failed;
    failed.failure = make_error(Errc::unavailable, std::string("no\0\xFFne", 6));
    settle({}, one, failed, kNow, 0);
    EXPECT_EQ(one.last_error, "no \uFFFDne");
    Delivery delivered;
    delivered.receipt = std::string("1\0002", 3);
    settle({}, one, delivered, kNow, 0);
    EXPECT_EQ(one.receipt, "1 2");
}

TEST(Order, IsAmongTheEventsOfOneApprovalInOnePlace) {
    std::vector<store::OutboxRow> rows{row("evt_1"), row("evt_2"), row("evt_3"), row("evt_4")};
    rows[0].channel = "other";
    rows[1].recipient = "alice@example.com";
    EXPECT_EQ(waits_for(rows[2], rows), nullptr);
    ASSERT_NE(waits_for(rows[3], rows), nullptr);
    EXPECT_EQ(waits_for(rows[3], rows)->id, "evt_3");
    rows[2].state = "dead";
    EXPECT_EQ(waits_for(rows[3], rows), nullptr);
    EXPECT_EQ(earlier_receipt(rows[3], rows), "");
    rows[2].receipt = "17";
    EXPECT_EQ(earlier_receipt(rows[3], rows), "17");
    EXPECT_EQ(earlier_receipt(rows[2], rows), "");
}

}  // namespace
}  // namespace kimbap::approval
