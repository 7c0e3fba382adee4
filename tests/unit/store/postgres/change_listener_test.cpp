#include "store/postgres/change_listener.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "store/postgres/schema.hpp"
#include "support/postgres_server.hpp"

namespace kimbap::store::postgres {
namespace {

constexpr std::chrono::seconds kPatience{30};

/// A process's writer and what it hears.
struct Process {
    explicit Process(const std::string& url)
        : writer(Connection::open({url, true}).value()),
          listener(ChangeListener::start({url, true}, *writer).value()) {}

    void change(Topic topic) {
        ASSERT_TRUE(writer->begin_write());
        ASSERT_TRUE(listener->announce(1U << static_cast<unsigned>(topic)));
        ASSERT_TRUE(writer->commit());
        listener->settle();
    }
    [[nodiscard]] std::uint64_t version(Topic topic) const { return listener->version(topic); }

    std::unique_ptr<Connection> writer;
    std::unique_ptr<ChangeListener> listener;
};

bool eventually(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

bool stable(const Process& process) {
    return ChangeBoard::stable(process.version(Topic::tokens));
}

class PostgresChangeListenerTest : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(migrate(**Connection::open({url_, true})));
        ASSERT_TRUE(eventually([&] { return stable(*one_) && stable(*other_); }));
    }

    test::PostgresServer server_;
    const std::string url_ = server_.new_database();
    std::unique_ptr<Process> one_ = std::make_unique<Process>(url_);
    std::unique_ptr<Process> other_ = std::make_unique<Process>(url_);
};

TEST_F(PostgresChangeListenerTest, AChangeIsOddWhileUnderWayAndHeardByOthersOnceCommitted) {
    const std::uint64_t before = one_->version(Topic::secrets);
    const std::uint64_t others = other_->version(Topic::secrets);
    ASSERT_TRUE(one_->writer->begin_write());
    ASSERT_TRUE(one_->listener->announce(1U << static_cast<unsigned>(Topic::secrets)));
    EXPECT_EQ(one_->version(Topic::secrets), before + 1);
    EXPECT_EQ(other_->version(Topic::secrets), others);
    ASSERT_TRUE(one_->writer->commit());
    one_->listener->settle();
    EXPECT_GE(one_->version(Topic::secrets), before + 2);
    EXPECT_TRUE(ChangeBoard::stable(one_->version(Topic::secrets)));
    EXPECT_TRUE(eventually([&] { return other_->version(Topic::secrets) == others + 2; }));
    EXPECT_TRUE(eventually([&] { return one_->version(Topic::secrets) == before + 4; }))
        << "its own tells how a commit ended whose answer was lost";
}

// What arrives while the listener asks the server something is heard as soon as anything else.
TEST_F(PostgresChangeListenerTest, EachOfManyChangesIsHeardAtOnce) {
    for (int i = 0; i < 300; ++i) {
        const std::uint64_t tokens = other_->version(Topic::tokens);
        const std::uint64_t secrets = other_->version(Topic::secrets);
        const auto begin = std::chrono::steady_clock::now();
        one_->change(Topic::tokens);
        one_->change(Topic::secrets);
        ASSERT_TRUE(eventually([&] {
            return other_->version(Topic::tokens) > tokens &&
                   other_->version(Topic::secrets) > secrets;
        }));
        ASSERT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2)) << i;
    }
}

TEST_F(PostgresChangeListenerTest, OtherTopicsStayAsTheyAre) {
    const std::uint64_t others = other_->version(Topic::outbox);
    one_->change(Topic::approvals);
    const std::uint64_t heard = other_->version(Topic::approvals);
    one_->change(Topic::approvals);
    EXPECT_TRUE(eventually([&] { return other_->version(Topic::approvals) > heard; }));
    EXPECT_EQ(other_->version(Topic::outbox), others);
}

TEST_F(PostgresChangeListenerTest, WhatIsRolledBackIsNotHeard) {
    const std::uint64_t others = other_->version(Topic::tokens);
    ASSERT_TRUE(one_->writer->begin_write());
    ASSERT_TRUE(one_->listener->announce(1U << static_cast<unsigned>(Topic::tokens)));
    ASSERT_TRUE(one_->writer->run("ROLLBACK"));
    one_->listener->settle();
    one_->change(Topic::outbox);
    const std::uint64_t outbox = other_->version(Topic::outbox);
    one_->change(Topic::outbox);
    ASSERT_TRUE(eventually([&] { return other_->version(Topic::outbox) > outbox; }));
    EXPECT_EQ(other_->version(Topic::tokens), others);
    EXPECT_TRUE(stable(*one_));
}

TEST_F(PostgresChangeListenerTest, NothingIsStableWhileNobodyListensAndAllIsNewAfterwards) {
    const std::uint64_t before = one_->version(Topic::tokens);
    server_.stop();
    EXPECT_TRUE(eventually([&] { return !stable(*one_); }));
    server_.start();
    EXPECT_TRUE(eventually([&] { return stable(*one_); }));
    EXPECT_GT(one_->version(Topic::tokens), before);
    EXPECT_TRUE(eventually([&] { return stable(*other_); }));
    const std::uint64_t others = other_->version(Topic::tokens);
    one_->change(Topic::tokens);
    EXPECT_TRUE(eventually([&] { return other_->version(Topic::tokens) > others; }));
}

TEST_F(PostgresChangeListenerTest, NothingIsStableWhileTheServerHangs) {
    server_.signal_backends(url_, SIGSTOP);
    EXPECT_TRUE(eventually([&] { return !stable(*one_); }));
    server_.signal_backends(url_, SIGCONT);
    EXPECT_TRUE(eventually([&] { return stable(*one_); }));
}

TEST_F(PostgresChangeListenerTest, EndsWhileTheServerIsGone) {
    server_.stop();
    ASSERT_TRUE(eventually([&] { return !stable(*one_); }));
    one_.reset();
    other_.reset();
}

}  // namespace
}  // namespace kimbap::store::postgres
