#include "approval/execution.hpp"

#include <stdexcept>
#include <thread>

#include "store/sqlite/connection.hpp"
#include "unit/approval/fakes.hpp"

namespace kimbap::approval {
namespace {

using namespace std::chrono_literals;

class ExecutionTest : public ApprovalTest {
protected:
    ExecutionEnd executed(Resumer& resumer) {
        auto claimed = run(manager_.claim(waiting_.id)).value();
        async::CancelSource none;
        const async::CancelToken never = none.token();
        return run(execute(manager_, resumer, std::move(claimed), 50ms, never));
    }
    Execution execution() { return find(waiting_.id).execution(); }
    std::string outcome() {
        return run(manager_.outcome(waiting_.id, "token:tok_1"))->outcome.value();
    }

    const Approval waiting_ = approved();
    FakeResumer resumer_;
};

TEST_F(ExecutionTest, RecordsWhatTheCallAnswered) {
    EXPECT_EQ(executed(resumer_), ExecutionEnd::over);
    EXPECT_EQ(resumer_.calls, 1);
    EXPECT_EQ(execution(), Execution::done);
    EXPECT_EQ(outcome(), "{\"ok\":1}");
}

TEST_F(ExecutionTest, FailuresAreOutcomesToo) {
    resumer_.answer = [] { return make_error(Errc::forbidden, "policy now denies it"); };
    EXPECT_EQ(executed(resumer_), ExecutionEnd::over);
    EXPECT_EQ(execution(), Execution::failed);
    EXPECT_EQ(outcome(), R"({"error":{"code":"forbidden","message":"policy now denies it"}})");
    const json::object last = audit().back();
    EXPECT_EQ(last.at("kind"), "call.finished");
    EXPECT_EQ(last.at("details").as_object().at("message"), "policy now denies it");
}

TEST_F(ExecutionTest, WhatAResumerThrowsIsAFailure) {
    resumer_.answer = []() -> Result<Resumed> { throw std::runtime_error("a bug"); };
    EXPECT_EQ(executed(resumer_), ExecutionEnd::over);
    EXPECT_EQ(execution(), Execution::failed);
    EXPECT_EQ(outcome().find("a bug"), std::string::npos);
}

TEST_F(ExecutionTest, AnOutcomeThatIsTooLargeIsToldInItsPlace) {
    resumer_.answer = [] { return Resumed{true, std::string(kMaxOutcome + 1, 'x'), {}}; };
    EXPECT_EQ(executed(resumer_), ExecutionEnd::over);
    EXPECT_EQ(execution(), Execution::done) << "it ran";
    EXPECT_NE(outcome().find("\"too_large\""), std::string::npos) << outcome();
}

TEST_F(ExecutionTest, AnUnavailableResumerGivesTheCallBack) {
    resumer_.answer = [] { return make_error(Errc::unavailable, "draining"); };
    EXPECT_EQ(executed(resumer_), ExecutionEnd::given_back);
    EXPECT_EQ(execution(), Execution::waiting);
}

TEST_F(ExecutionTest, TriesAgainWhereTheStoreRefusesTheEnd) {
    using store::sqlite::Connection;
    const std::string path = fixture_.folder / "data/kimbap.db";
    auto database = Connection::open(path, Connection::Mode::read_write).value();
    std::thread mend;
    resumer_.answer = [&] {
        EXPECT_TRUE(
            database->run("CREATE TRIGGER refused BEFORE UPDATE ON approvals "
                          "BEGIN SELECT RAISE(FAIL, 'not now'); END"));
        mend = std::thread([&] {
            std::this_thread::sleep_for(120ms);
            EXPECT_TRUE(database->run("DROP TRIGGER refused"));
        });
        return Resumed{true, "{\"ok\":1}", {}};
    };
    EXPECT_EQ(executed(resumer_), ExecutionEnd::over);
    mend.join();
    EXPECT_EQ(execution(), Execution::done);
    EXPECT_EQ(resumer_.calls, 1);
}

}  // namespace
}  // namespace kimbap::approval
