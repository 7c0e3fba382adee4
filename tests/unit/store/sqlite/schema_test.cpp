#include "store/sqlite/schema.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "store/sqlite/connection.hpp"
#include "support/temp_folder.hpp"
#include "unit/store/open_store.hpp"

namespace kimbap::store::sqlite {
namespace {

TEST(SchemaTest, MigratingAgainChangesNothing) {
    test::TempFolder folder;
    const auto connection =
        Connection::open(folder / "kimbap.db", Connection::Mode::read_write).value();
    ASSERT_TRUE(migrate(*connection));
    const auto before = connection->changes();
    ASSERT_TRUE(migrate(*connection));
    EXPECT_EQ(connection->changes(), before);
}

TEST(SchemaTest, ANewerSchemaIsRefusedWithTheMend) {
    test::TempFolder folder;
    test::open_store(folder.path()).reset();
    ASSERT_TRUE(Connection::open(folder / "kimbap.db", Connection::Mode::read_write)
                    .value()
                    ->execute("PRAGMA user_version=1000"));
    const auto opened = open_store({folder.path(), true});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::unsupported);
    EXPECT_NE(opened.error().message.find("schema 1000"), std::string::npos);
    EXPECT_NE(opened.error().message.find("upgrade kimbap"), std::string::npos);
}

TEST(SchemaTest, ManyOpenersOfANewFolderMakeOneChain) {
    test::TempFolder folder;
    std::vector<std::string> chains(8);
    std::vector<std::thread> threads;
    for (std::string& chain : chains) {
        threads.emplace_back([&] {
            const auto store = test::open_store(folder / "data");
            chain = query(*store, [](const Snapshot& s) { return s.meta().get("audit.chain"); })
                        .value()
                        .value_or("none");
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(chains, std::vector<std::string>(8, chains[0]));
    EXPECT_EQ(chains[0].substr(0, 4), "chn_");
}

}  // namespace
}  // namespace kimbap::store::sqlite
