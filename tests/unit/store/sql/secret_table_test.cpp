#include "unit/store/sql/table_fixture.hpp"

namespace kimbap::store::sql {
namespace {

using test::code_of;

class SecretTableTest : public test::TableFixture {
protected:
    static SecretRow row(const std::string& name, std::int64_t version) {
        SecretRow out;
        out.name = name;
        out.version = version;
        out.iterations = 600'000;
        out.salt.fill(1);
        out.nonce.fill(2);
        out.ciphertext = std::string("\0cipher\xFF", 8);
        out.tag.fill(3);
        out.created_at = at(100);
        out.updated_at = at(100 + version);
        return out;
    }
};

TEST_P(SecretTableTest, GivesBackWhatWasPut) {
    ASSERT_TRUE(tables.secrets().put(row("shop.token", 1)));
    EXPECT_TRUE(touched(Topic::secrets));
    const auto found = tables.secrets().find("shop.token");
    ASSERT_TRUE(found && *found);
    const SecretRow expected = row("shop.token", 1);
    EXPECT_EQ((*found)->version, 1);
    EXPECT_EQ((*found)->iterations, 600'000);
    EXPECT_EQ((*found)->salt, expected.salt);
    EXPECT_EQ((*found)->nonce, expected.nonce);
    EXPECT_EQ((*found)->ciphertext, expected.ciphertext);
    EXPECT_EQ((*found)->tag, expected.tag);
    EXPECT_EQ((*found)->updated_at, at(101));
    EXPECT_EQ(*tables.secrets().find("other"), std::nullopt);
}

TEST_P(SecretTableTest, PutReplacesButKeepsTheDayOfCreation) {
    ASSERT_TRUE(tables.secrets().put(row("shop.token", 1)));
    SecretRow next = row("shop.token", 2);
    next.created_at = at(999);
    next.ciphertext = "other";
    ASSERT_TRUE(tables.secrets().put(next));
    const auto all = tables.secrets().all();
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 1U);
    EXPECT_EQ(all->at(0).version, 2);
    EXPECT_EQ(all->at(0).ciphertext, "other");
    EXPECT_EQ(all->at(0).created_at, at(100));
}

TEST_P(SecretTableTest, ListsNamesInOrder) {
    for (const char* name : {"b", "c", "a"}) ASSERT_TRUE(tables.secrets().put(row(name, 1)));
    const auto list = tables.secrets().list();
    ASSERT_TRUE(list);
    ASSERT_EQ(list->size(), 3U);
    EXPECT_EQ(list->at(0).name, "a");
    EXPECT_EQ(list->at(2).name, "c");
}

TEST_P(SecretTableTest, RemovesOnce) {
    ASSERT_TRUE(tables.secrets().put(row("a", 1)));
    tables.touched().clear();
    ASSERT_TRUE(tables.secrets().remove("a"));
    EXPECT_TRUE(touched(Topic::secrets));
    EXPECT_EQ(code_of(tables.secrets().remove("a")), Errc::not_found);
    EXPECT_FALSE(touched(Topic::secrets));
}

TEST_P(SecretTableTest, ReportsADamagedRecordByName) {
    ASSERT_TRUE(tables.secrets().put(row("a", 1)));
    ASSERT_TRUE(connection->run("UPDATE secrets SET tag = salt || tag"));
    const auto found = tables.secrets().find("a");
    ASSERT_EQ(code_of(found), Errc::corrupt);
    EXPECT_NE(found.error().message.find("vault record a"), std::string::npos);
    EXPECT_EQ(code_of(tables.secrets().all()), Errc::corrupt);
}

KIMBAP_FOR_EACH_DATABASE(SecretTableTest);

}  // namespace
}  // namespace kimbap::store::sql
