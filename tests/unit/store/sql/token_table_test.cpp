#include <gmock/gmock.h>

#include "unit/store/sql/table_fixture.hpp"

namespace kimbap::store::sql {
namespace {

using test::code_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TokenTableTest : public test::TableFixture {
protected:
    static TokenRow row(const std::string& id, std::uint8_t hash) {
        TokenRow out;
        out.id = id;
        out.name = "bot";
        out.roles = {"support", "a \"quoted\" rôle"};
        out.actions = {"shop.*"};
        out.hash.fill(hash);
        out.created_at = at(100);
        out.expires_at = at(200);
        return out;
    }
};

TEST_P(TokenTableTest, GivesBackWhatWasInserted) {
    ASSERT_TRUE(tables.tokens().insert(row("tok_a", 1)));
    EXPECT_TRUE(touched(Topic::tokens));
    TokenRow second = row("tok_b", 2);
    second.is_operator = true;
    second.roles.clear();
    second.actions.clear();
    second.expires_at.reset();
    second.created_at = at(101);
    ASSERT_TRUE(tables.tokens().insert(second));

    const auto list = tables.tokens().list();
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 2U);
    const TokenRow& first = list->at(0);
    EXPECT_EQ(first.id, "tok_a");
    EXPECT_FALSE(first.is_operator);
    EXPECT_THAT(first.roles, ElementsAre("support", "a \"quoted\" rôle"));
    EXPECT_THAT(first.actions, ElementsAre("shop.*"));
    EXPECT_EQ(first.hash, row("", 1).hash);
    EXPECT_EQ(first.created_at, at(100));
    EXPECT_EQ(first.expires_at, at(200));
    EXPECT_EQ(first.revoked_at, std::nullopt);
    EXPECT_TRUE(list->at(1).is_operator);
    EXPECT_THAT(list->at(1).roles, IsEmpty());
    EXPECT_EQ(list->at(1).expires_at, std::nullopt);
}

TEST_P(TokenTableTest, RefusesASecondOfTheSameIdOrHash) {
    ASSERT_TRUE(tables.tokens().insert(row("tok_a", 1)));
    EXPECT_EQ(code_of(tables.tokens().insert(row("tok_a", 2))), Errc::already_exists);
    EXPECT_EQ(code_of(tables.tokens().insert(row("tok_b", 1))), Errc::already_exists);
}

TEST_P(TokenTableTest, RevokesOnce) {
    ASSERT_TRUE(tables.tokens().insert(row("tok_a", 1)));
    tables.touched().clear();
    ASSERT_TRUE(tables.tokens().revoke("tok_a", at(150)));
    EXPECT_TRUE(touched(Topic::tokens));
    EXPECT_EQ(tables.tokens().list()->at(0).revoked_at, at(150));
    EXPECT_EQ(code_of(tables.tokens().revoke("tok_a", at(160))), Errc::conflict);
    EXPECT_EQ(tables.tokens().list()->at(0).revoked_at, at(150));
    EXPECT_EQ(code_of(tables.tokens().revoke("tok_x", at(160))), Errc::not_found);
    EXPECT_FALSE(touched(Topic::tokens)) << "nothing changed";
}

TEST_P(TokenTableTest, ReportsADamagedRow) {
    ASSERT_TRUE(tables.tokens().insert(row("tok_a", 1)));
    ASSERT_TRUE(connection->run("UPDATE tokens SET roles = '{'"));
    EXPECT_EQ(code_of(tables.tokens().list()), Errc::corrupt);
}

KIMBAP_FOR_EACH_DATABASE(TokenTableTest);

}  // namespace
}  // namespace kimbap::store::sql
