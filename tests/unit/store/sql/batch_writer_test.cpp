#include "store/sql/batch_writer.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <vector>

#include "store/sqlite/change_file.hpp"
#include "support/temp_folder.hpp"
#include "unit/store/sql/table_fixture.hpp"

namespace kimbap::store::sql {
namespace {

/// Counts what comes back, and in how many deliveries.
class Collector final : public WriteSink {
public:
    void deliver(WriteOperation* first) noexcept override {
        const std::lock_guard lock(mutex_);
        ++deliveries_;
        for (; first != nullptr; first = first->next) returned_.push_back(first);
        changed_.notify_all();
    }
    std::vector<WriteOperation*> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return returned_.size() >= count; });
        return returned_;
    }
    int deliveries() {
        const std::lock_guard lock(mutex_);
        return deliveries_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<WriteOperation*> returned_;
    int deliveries_ = 0;
};

class FunctionWrite final : public WriteOperation {
public:
    FunctionWrite(WriteSink& sink, std::function<Result<void>(Transaction&)> work,
                  bool single_statement = false)
        : WriteOperation(sink, single_statement), work_(std::move(work)) {}
    Result<void> run(Transaction& transaction) override { return work_(transaction); }

private:
    std::function<Result<void>(Transaction&)> work_;
};

class BatchWriterTest : public test::TableFixture {
protected:
    using Work = std::function<Result<void>(Transaction&)>;

    WriteOperation* add(Collector& sink, Work work, bool single_statement = false) {
        operations_.push_back(
            std::make_unique<FunctionWrite>(sink, std::move(work), single_statement));
        return operations_.back().get();
    }
    static Work put(const std::string& key) {
        return [key](Transaction& t) { return t.meta().put(key, "x"); };
    }
    static WriteOperation* link(const std::vector<WriteOperation*>& list) {
        for (std::size_t i = 1; i < list.size(); ++i) list[i - 1]->next = list[i];
        return list.front();
    }
    bool stored(const std::string& key) {
        const auto other = database->connect();
        return MetaTable(*other).get(key)->has_value();
    }

    test::TempFolder folder_;
    std::unique_ptr<sqlite::ChangeFile> changes_ =
        sqlite::ChangeFile::open(folder_ / "changes").value();
    std::vector<std::unique_ptr<FunctionWrite>> operations_;
    Collector sink_;
    BatchWriter writer_{*connection, tables, *changes_, [] {}};
};

TEST_P(BatchWriterTest, AListIsOneCommitInItsOrderAndOneDeliveryASink) {
    Collector other;
    auto* const a = add(sink_, put("a"));
    auto* const b = add(other, put("b"));
    auto* const c = add(sink_, put("c"));
    writer_.submit(link({a, b, c}));
    EXPECT_EQ(sink_.wait_for(2), (std::vector{a, c}));
    EXPECT_EQ(other.wait_for(1), (std::vector{b}));
    EXPECT_EQ(sink_.deliveries(), 1);
    EXPECT_TRUE(stored("a") && stored("b") && stored("c"));
}

TEST_P(BatchWriterTest, AFailedWorkIsUndoneAlone) {
    auto* const good = add(sink_, put("good"));
    auto* const bad = add(sink_, [](Transaction& t) -> Result<void> {
        static_cast<void>(t.meta().put("bad", "x"));
        t.touch(Topic::tokens);
        return make_error(Errc::conflict, "no");
    });
    auto* const better = add(sink_, put("better"));
    writer_.submit(link({good, bad, better}));
    sink_.wait_for(3);
    EXPECT_TRUE(good->outcome);
    ASSERT_FALSE(bad->outcome);
    EXPECT_EQ(bad->outcome.error().code, Errc::conflict);
    EXPECT_TRUE(better->outcome);
    EXPECT_TRUE(stored("good") && stored("better"));
    EXPECT_FALSE(stored("bad"));
    EXPECT_EQ(changes_->version(Topic::tokens), 0U) << "an undone change is not announced";
}

TEST_P(BatchWriterTest, ASingleStatementThatFailsLeavesTheOthersAlone) {
    const auto append = [](std::int64_t seq) {
        return [seq](Transaction& t) {
            return t.audit().append({seq, at(seq), std::to_string(seq), {}});
        };
    };
    auto* const first = add(sink_, append(1), true);
    auto* const again = add(sink_, append(1), true);
    auto* const second = add(sink_, append(2), true);
    writer_.submit(link({first, again, second}));
    sink_.wait_for(3);
    EXPECT_TRUE(first->outcome);
    EXPECT_EQ(test::code_of(again->outcome), Errc::already_exists);
    EXPECT_TRUE(second->outcome);
}

TEST_P(BatchWriterTest, AFailedCommitFailsEveryWorkAndTheNextBatchGoesThrough) {
    // A deferred constraint is checked by COMMIT itself.
    if (GetParam() == test::DatabaseKind::sqlite) {
        ASSERT_TRUE(connection->run("PRAGMA foreign_keys=ON"));
    }
    ASSERT_TRUE(
        connection->run("CREATE TABLE child (parent TEXT REFERENCES meta(key) "
                        "DEFERRABLE INITIALLY DEFERRED)"));
    auto* const a = add(sink_, put("a"));
    auto* const orphan = add(sink_, [this](Transaction& t) -> Result<void> {
        t.touch(Topic::tokens);
        return connection->run("INSERT INTO child VALUES ('nobody')");
    });
    writer_.submit(link({a, orphan}));
    sink_.wait_for(2);
    EXPECT_FALSE(a->outcome);
    EXPECT_FALSE(orphan->outcome);
    EXPECT_FALSE(stored("a"));
    EXPECT_TRUE(ChangeBoard::stable(changes_->version(Topic::tokens)));

    auto* const next = add(sink_, put("next"));
    writer_.submit(next);
    sink_.wait_for(3);
    EXPECT_TRUE(next->outcome);
    EXPECT_TRUE(stored("next"));
}

TEST_P(BatchWriterTest, BeyondItsBoundTheQueueRefusesWithAReason) {
    std::mutex gate;
    std::unique_lock closed(gate);
    std::condition_variable entered;
    std::mutex entered_mutex;
    bool inside = false;
    writer_.submit(add(sink_, [&](Transaction&) -> Result<void> {
        {
            const std::lock_guard lock(entered_mutex);
            inside = true;
        }
        entered.notify_all();
        const std::lock_guard wait(gate);
        return {};
    }));
    {
        std::unique_lock lock(entered_mutex);
        entered.wait(lock, [&] { return inside; });
    }
    Collector refused;
    std::vector<WriteOperation*> list;
    for (std::size_t i = 0; i < BatchWriter::kMaxQueue; ++i) {
        list.push_back(add(sink_, [](Transaction&) -> Result<void> { return {}; }));
    }
    auto* const too_much = add(refused, put("too much"));
    list.push_back(too_much);
    writer_.submit(link(list));
    refused.wait_for(1);
    ASSERT_FALSE(too_much->outcome);
    EXPECT_EQ(too_much->outcome.error().code, Errc::unavailable);
    closed.unlock();
    sink_.wait_for(BatchWriter::kMaxQueue + 1);
    EXPECT_FALSE(stored("too much"));
    EXPECT_GE(sink_.deliveries(), static_cast<int>(BatchWriter::kMaxQueue / BatchWriter::kMaxBatch))
        << "batches are bounded";
}

KIMBAP_FOR_EACH_DATABASE(BatchWriterTest);

}  // namespace
}  // namespace kimbap::store::sql
