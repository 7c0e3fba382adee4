#include "identity/token_registry.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "async/worker_pool.hpp"
#include "audit/reader.hpp"
#include "base/json_text.hpp"
#include "support/child_process.hpp"
#include "support/manual_clock.hpp"
#include "unit/store/open_store.hpp"

namespace kimbap::identity {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

NewToken agent(std::string name = "support-bot") {
    NewToken out;
    out.name = std::move(name);
    return out;
}

class TokenRegistryTest : public ::testing::Test, protected test::StoreFixture {
protected:
    CreatedToken create(const NewToken& wanted) {
        auto created = tokens.create(wanted, "alice");
        EXPECT_TRUE(created) << created.error().message;
        return std::move(*created);
    }
    /// The reason of a refusal, or "" where the token is accepted.
    std::string refusal_of(std::string_view bearer) {
        Refusal refusal;
        const auto identity = tokens.authenticate_blocking(bearer, &refusal);
        if (identity) return "";
        EXPECT_EQ(identity.error().code, Errc::unauthenticated);
        return std::string(name(refusal.reason));
    }
    std::vector<std::string> log() {
        std::vector<std::string> lines;
        EXPECT_TRUE(audit::for_each(
            *store, {}, [&](std::int64_t, const std::string& line) { lines.push_back(line); }));
        return lines;
    }
    template <class F>
    void await(F body) {
        asio::io_context io(1);
        asio::co_spawn(io, std::move(body), [](const std::exception_ptr& thrown) {
            if (thrown) std::rethrow_exception(thrown);
        });
        io.run();
    }

    test::ManualClock clock;
    TokenRegistry tokens{*store, clock};
};

TEST_F(TokenRegistryTest, RecognisesWhomATokenStandsFor) {
    NewToken wanted = agent();
    wanted.roles = {"support"};
    wanted.actions = {"shop.*", "*.list-*"};
    wanted.ttl = 1h;
    const CreatedToken created = create(wanted);
    EXPECT_THAT(created.id, HasSubstr("tok_"));
    const auto identity = tokens.authenticate_blocking(created.token.reveal());
    ASSERT_TRUE(identity);
    EXPECT_EQ((*identity)->token, created.id);
    EXPECT_EQ((*identity)->name, "support-bot");
    EXPECT_FALSE((*identity)->is_operator);
    EXPECT_THAT((*identity)->roles, ElementsAre("support"));
    EXPECT_TRUE((*identity)->permits("shop.create-order"));
    EXPECT_TRUE((*identity)->permits("github.list-issues"));
    EXPECT_FALSE((*identity)->permits("github.delete-repo"));
    EXPECT_EQ((*identity)->expires_at, clock.now() + 1h);
}

TEST_F(TokenRegistryTest, ATokenWithoutGlobsPermitsEveryAction) {
    const auto identity = tokens.authenticate_blocking(create(agent()).token.reveal());
    ASSERT_TRUE(identity);
    EXPECT_TRUE((*identity)->permits("anything.at-all"));
}

TEST_F(TokenRegistryTest, TellsCallersNothingAboutWhyButTheLog) {
    const std::string malformed = "kbp_nonsense";
    const Secret unknown = [] {
        test::StoreFixture elsewhere;
        test::ManualClock other_clock;
        TokenRegistry others(*elsewhere.store, other_clock);
        return others.create(agent(), "x")->token.clone();
    }();
    const CreatedToken revoked = create(agent());
    ASSERT_TRUE(tokens.revoke(revoked.id, "alice"));
    NewToken brief = agent();
    brief.ttl = 1min;
    const CreatedToken expired = create(brief);
    EXPECT_EQ(refusal_of(expired.token.reveal()), "");
    clock.advance(1min);

    EXPECT_EQ(refusal_of(malformed), "malformed");
    EXPECT_EQ(refusal_of(""), "malformed");
    EXPECT_EQ(refusal_of(unknown.reveal()), "unknown");
    EXPECT_EQ(refusal_of(revoked.token.reveal()), "revoked");
    EXPECT_EQ(refusal_of(expired.token.reveal()), "expired");
    const auto message = [&](std::string_view bearer) {
        return tokens.authenticate_blocking(bearer).error().message;
    };
    EXPECT_EQ(message(malformed), message(unknown.reveal()));
    EXPECT_EQ(message(malformed), message(revoked.token.reveal()));
    EXPECT_EQ(message(malformed), message(expired.token.reveal()));
}

TEST_F(TokenRegistryTest, AnswersFromMemoryUntilATokenChanges) {
    const CreatedToken first = create(agent());
    EXPECT_FALSE(tokens.try_authenticate(first.token.reveal())) << "nothing read yet";
    ASSERT_TRUE(tokens.authenticate_blocking(first.token.reveal()));
    const auto known = tokens.try_authenticate(first.token.reveal());
    ASSERT_TRUE(known && known->has_value());
    EXPECT_TRUE(tokens.try_still_valid(***known).value_or(false));
    create(agent("another"));
    EXPECT_FALSE(tokens.try_authenticate(first.token.reveal())) << "stale";
    EXPECT_EQ(tokens.try_still_valid(***known), std::nullopt);
}

TEST_F(TokenRegistryTest, ExpiryCountsWithoutAnythingChanging) {
    NewToken brief = agent();
    brief.ttl = 10min;
    const CreatedToken created = create(brief);
    const auto identity = tokens.authenticate_blocking(created.token.reveal()).value();
    clock.advance(10min - 1us);
    EXPECT_TRUE(tokens.try_authenticate(created.token.reveal())->has_value());
    EXPECT_EQ(tokens.try_still_valid(*identity), true);
    clock.advance(1us);
    EXPECT_FALSE(tokens.try_authenticate(created.token.reveal())->has_value());
    EXPECT_EQ(tokens.try_still_valid(*identity), false);
}

TEST_F(TokenRegistryTest, RevokingWorksAtOnceInAnotherProcess) {
    const CreatedToken created = create(agent());
    const auto identity = tokens.authenticate_blocking(created.token.reveal()).value();
    ASSERT_TRUE(tokens.try_authenticate(created.token.reveal())->has_value());
    // Another process: a store and a registry of its own over the same folder.
    const auto other_store = test::open_store(folder / "data");
    TokenRegistry other(*other_store, clock);
    ASSERT_TRUE(other.authenticate_blocking(created.token.reveal()));
    ASSERT_TRUE(other.revoke(created.id, "alice"));
    EXPECT_FALSE(tokens.try_authenticate(created.token.reveal())) << "not from memory any more";
    EXPECT_EQ(refusal_of(created.token.reveal()), "revoked");
    EXPECT_EQ(tokens.try_still_valid(*identity), false);
    EXPECT_FALSE(other.authenticate_blocking(created.token.reveal()));
}

TEST_F(TokenRegistryTest, RevokesOnceAndOnlyWhatThereIs) {
    const CreatedToken created = create(agent());
    ASSERT_TRUE(tokens.revoke(created.id, "alice"));
    const auto again = tokens.revoke(created.id, "alice");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
    const auto unknown = tokens.revoke("tok_none", "alice");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::not_found);
    EXPECT_THAT(unknown.error().message, HasSubstr("kimbap token list"));
    EXPECT_EQ(log().size(), 2U) << "what failed left no record";
}

TEST_F(TokenRegistryTest, EveryChangeIsOnRecordAndNoSecretIs) {
    NewToken wanted = agent();
    wanted.roles = {"support"};
    const CreatedToken created = create(wanted);
    ASSERT_TRUE(tokens.revoke(created.id, "bob"));
    const auto lines = log();
    ASSERT_EQ(lines.size(), 2U);
    const auto first = parse_json(lines[0]).value();
    EXPECT_EQ(first.at("kind"), "token.changed");
    EXPECT_EQ(first.at_pointer("/details/change"), "created");
    EXPECT_EQ(first.at_pointer("/details/by"), "alice");
    EXPECT_EQ(first.at_pointer("/details/token").as_string(), std::string_view(created.id));
    EXPECT_EQ(first.at_pointer("/details/roles/0"), "support");
    const auto second = parse_json(lines[1]).value();
    EXPECT_EQ(second.at_pointer("/details/change"), "revoked");
    EXPECT_EQ(second.at_pointer("/details/by"), "bob");
    for (const std::string& line : lines) {
        EXPECT_THAT(line, Not(HasSubstr(std::string(created.token.reveal().substr(4, 20)))));
    }
}

TEST_F(TokenRegistryTest, ListsEveryTokenOldestFirst) {
    const CreatedToken first = create(agent());
    clock.advance(1s);
    NewToken wanted;
    wanted.name = "ops";
    wanted.is_operator = true;
    const CreatedToken second = create(wanted);
    ASSERT_TRUE(tokens.revoke(first.id, "alice"));
    const auto rows = tokens.list();
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ(rows->at(0).id, first.id);
    EXPECT_EQ(rows->at(0).revoked_at, clock.now());
    EXPECT_EQ(rows->at(1).id, second.id);
    EXPECT_TRUE(rows->at(1).is_operator);
    EXPECT_EQ(rows->at(1).expires_at, std::nullopt);
}

struct BadToken {
    const char* name;
    void (*spoil)(NewToken&);
    const char* says;
};

class BadTokenTest : public TokenRegistryTest, public ::testing::WithParamInterface<BadToken> {};

TEST_P(BadTokenTest, IsRefusedWithTheReason) {
    NewToken wanted = agent();
    GetParam().spoil(wanted);
    const auto created = tokens.create(wanted, "alice");
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, Errc::invalid_argument);
    EXPECT_THAT(created.error().message, HasSubstr(GetParam().says));
    EXPECT_THAT(*tokens.list(), IsEmpty());
    EXPECT_THAT(log(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    TokenRegistryTest, BadTokenTest,
    ::testing::Values(
        BadToken{"NoName", [](NewToken& t) { t.name = ""; }, "not a usable name"},
        BadToken{"Space", [](NewToken& t) { t.name = "a b"; }, "no spaces"},
        BadToken{"Newline", [](NewToken& t) { t.name = "a\nb"; }, "no spaces"},
        BadToken{"NoUtf8", [](NewToken& t) { t.name = "a\xFF"; }, "not a usable name"},
        BadToken{"LongName", [](NewToken& t) { t.name.assign(129, 'x'); }, "1 to 128"},
        BadToken{"EmptyRole",
                 [](NewToken& t) {
                     t.roles = {"a", ""};
                 },
                 "not a usable role"},
        BadToken{"ManyRoles", [](NewToken& t) { t.roles.assign(65, "r"); }, "more than 64 roles"},
        BadToken{"BadGlob", [](NewToken& t) { t.actions = {"shop. *"}; }, "not a usable action"},
        BadToken{"ManyGlobs", [](NewToken& t) { t.actions.assign(257, "a"); }, "more than 256"},
        BadToken{"NoTime", [](NewToken& t) { t.ttl = 0ms; }, "lifetime"},
        BadToken{"NegativeTime", [](NewToken& t) { t.ttl = -1h; }, "lifetime"},
        BadToken{"Forever", [](NewToken& t) { t.ttl = 24h * 365 * 101; }, "100 years"},
        BadToken{"OperatorWithActions",
                 [](NewToken& t) {
                     t.is_operator = true;
                     t.actions = {"a"};
                 },
                 "takes no actions"}),
    [](const auto& info) { return info.param.name; });

TEST_F(TokenRegistryTest, AwaitingReadsOnTheWorkers) {
    async::WorkerPool workers(1);
    const CreatedToken created = create(agent());
    await([&]() -> Task<> {
        auto first = tokens.authenticate(created.token.reveal(), workers);
        const auto identity = co_await std::move(first);
        EXPECT_TRUE(identity);
        if (!identity) co_return;
        EXPECT_TRUE(tokens.try_authenticate(created.token.reveal())) << "now in memory";
        auto valid = tokens.still_valid(*identity, workers);
        const Result<bool> serves = co_await std::move(valid);
        EXPECT_TRUE(serves.value());
        // On this thread, which nobody does outside tests.
        EXPECT_TRUE(tokens.revoke(created.id, "alice"));
        auto still = tokens.still_valid(*identity, workers);
        const Result<bool> serves_still = co_await std::move(still);
        EXPECT_FALSE(serves_still.value());
        Refusal refusal;
        auto second = tokens.authenticate(created.token.reveal(), workers, &refusal);
        const auto refused = co_await std::move(second);
        EXPECT_FALSE(refused);
        EXPECT_EQ(refusal.reason, Refusal::Reason::revoked);
        EXPECT_EQ(refusal.token, created.id);
    });
}

TEST_F(TokenRegistryTest, ARevokedTokenIsNeverAcceptedAfterwardsWhateverIsRacing) {
    for (int round = 0; round < 10; ++round) {
        const CreatedToken created = create(agent());
        std::atomic<bool> revoked = false;
        std::atomic<int> late = 0;
        std::atomic<bool> stop = false;
        std::vector<std::thread> readers;
        for (int reader = 0; reader < 3; ++reader) {
            readers.emplace_back([&] {
                while (!stop) {
                    const bool before = revoked;
                    auto known = tokens.try_authenticate(created.token.reveal());
                    if (!known) known = tokens.authenticate_blocking(created.token.reveal());
                    if (before && known->has_value()) ++late;
                }
            });
        }
        while (!tokens.try_authenticate(created.token.reveal())) std::this_thread::yield();
        ASSERT_TRUE(tokens.revoke(created.id, "alice"));
        revoked = true;
        while (!tokens.try_authenticate(created.token.reveal())) std::this_thread::yield();
        stop = true;
        for (std::thread& reader : readers) reader.join();
        EXPECT_EQ(late, 0);
    }
}

TEST(TokenProcessesTest, AProcessKilledAnywhereInARevocationLeavesNoStaleCache) {
    test::TempFolder folder;
    test::ManualClock clock;
    for (int round = 0; round < 8; ++round) {
        int pipe[2];
        ASSERT_EQ(::pipe(pipe), 0);
        test::ChildProcess changer([&] {
            const auto store = test::open_store(folder / "data");
            TokenRegistry tokens(*store, clock);
            for (;;) {
                const auto created = tokens.create(agent(), "child");
                if (!created || !tokens.revoke(created->id, "child")) return 1;
                if (::write(pipe[1], "x", 1) != 1) return 2;
            }
            return 0;
        });
        ::close(pipe[1]);
        char byte = 0;
        for (int i = 0; i <= round; ++i) ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
        changer.kill(SIGKILL);
        changer.wait();
        ::close(pipe[0]);

        const auto store = test::open_store(folder / "data");
        TokenRegistry tokens(*store, clock);
        const auto created = tokens.create(agent(), "parent");
        ASSERT_TRUE(created) << created.error().message;
        ASSERT_TRUE(tokens.authenticate_blocking(created->token.reveal()));
        EXPECT_TRUE(tokens.try_authenticate(created->token.reveal()))
            << "the board is stable again";
        ASSERT_TRUE(tokens.revoke(created->id, "parent"));
        EXPECT_FALSE(tokens.authenticate_blocking(created->token.reveal()));
        const auto found = audit::verify(*store, {});
        ASSERT_TRUE(found);
        EXPECT_TRUE(found->intact) << found->fault;
        // Rows and records agree: each token has one record for its creation and one where revoked.
        std::size_t changes = 0;
        for (const auto& row : *tokens.list()) changes += row.revoked_at ? 2U : 1U;
        EXPECT_EQ(found->records, static_cast<std::int64_t>(changes));
    }
}

}  // namespace
}  // namespace kimbap::identity
