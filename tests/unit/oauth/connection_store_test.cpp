#include "oauth/connection_store.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/yaml_reader.hpp"
#include "unit/oauth/fake_provider.hpp"

namespace kimbap::oauth {
namespace {

using std::chrono::seconds;

class ConnectionStoreTest : public testing::Test {
protected:
    kimbap::test::ManualClock clock_;
    kimbap::test::TempFolder folder_;
    Secret secret_ = vault::generate_vault_secret();
    test::Installation kimbap_{folder_ / "data", secret_, "http://127.0.0.1:1", clock_};
};

TEST_F(ConnectionStoreTest, WritesOnlyOverWhatItRead) {
    kimbap_.connect(seconds(60));
    StoredConnection stored = kimbap_.stored();
    EXPECT_EQ(stored.version, 1);
    EXPECT_EQ(kimbap_.connections.put(stored.record, 1, "refreshed", "test").value(), 2);
    EXPECT_EQ(kimbap_.connections.put(stored.record, 1, "refreshed", "test").error().code,
              Errc::conflict);
    EXPECT_EQ(kimbap_.connections.put(stored.record, 0, "connected", "test").error().code,
              Errc::conflict);
    EXPECT_EQ(kimbap_.stored().version, 2);
}

TEST_F(ConnectionStoreTest, ListsAndForgets) {
    kimbap_.connect(seconds(60));
    ConnectionRecord other = std::move(kimbap_.stored().record);
    other.connection.id.name = "another";
    ASSERT_TRUE(kimbap_.connections.put(other, 0, "connected", "test"));
    const auto list = kimbap_.connections.list();
    ASSERT_EQ(list->size(), 2U);
    EXPECT_EQ((*list)[0].id.text(), "fake.another");
    ASSERT_TRUE(kimbap_.connections.remove({"fake"}, "test", true));
    EXPECT_EQ(kimbap_.connections.list()->size(), 1U);
    EXPECT_EQ(kimbap_.connections.remove({"fake"}, "test", true).error().code, Errc::not_found);
    EXPECT_THAT(kimbap_.audit_lines(),
                testing::Contains(testing::HasSubstr("\"change\":\"revoked\"")));
}

TEST_F(ConnectionStoreTest, SurvivesARekeying) {
    kimbap_.connect(seconds(60));
    const Secret fresh = vault::generate_vault_secret();
    ASSERT_TRUE(kimbap_.vault.rekey(fresh, "test"));
    EXPECT_EQ(kimbap_.stored().record.refresh_token.reveal(), "refresh-0");
    test::Installation restarted(folder_ / "data", fresh, "http://127.0.0.1:1", clock_);
    EXPECT_EQ(restarted.stored().record.access_token.reveal(), "access-0");
}

TEST_F(ConnectionStoreTest, NothingOfATokenIsInTheFiles) {
    kimbap_.connect(seconds(60));
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
        if (!entry.is_regular_file()) continue;
        const auto text = read_file(entry.path().string(), 64U << 20);
        if (!text) continue;
        EXPECT_EQ(text->find("refresh-0"), std::string::npos) << entry.path();
    }
}

}  // namespace
}  // namespace kimbap::oauth
