#include <gmock/gmock.h>

#include "unit/store/sql/table_fixture.hpp"

namespace kimbap::store::sql {
namespace {

using test::code_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AuditTableTest : public test::TableFixture {
protected:
    static AuditRow row(std::int64_t seq, std::int64_t time) {
        AuditRow out{seq, at(time), "{\"seq\":" + std::to_string(seq) + "}", {}};
        out.hash.fill(static_cast<std::uint8_t>(seq));
        return out;
    }
    void SetUp() override {
        for (int seq = 1; seq <= 5; ++seq) ASSERT_TRUE(audit.append(row(seq, 100 * seq)));
    }
    std::vector<std::int64_t> scan(std::int64_t after, std::size_t limit, bool back = false) {
        std::vector<std::int64_t> seen;
        const auto each = [&](const AuditRow& found) {
            seen.push_back(found.seq);
            return seen.size() < limit;
        };
        EXPECT_TRUE(back ? audit.scan_back(after, each) : audit.scan(after, each));
        return seen;
    }
    AuditStore& audit = tables.audit();
};

TEST_P(AuditTableTest, HeadIsTheLastRecord) {
    const auto head = audit.head();
    ASSERT_TRUE(head);
    EXPECT_EQ(head->chain.substr(0, 4), "chn_");
    EXPECT_EQ(head->seq, 5);
    EXPECT_EQ(head->hash, row(5, 0).hash);
}

TEST_P(AuditTableTest, HeadOfAnEmptyLogIsZero) {
    ASSERT_TRUE(connection->run("DELETE FROM audit"));
    const auto head = audit.head();
    ASSERT_TRUE(head);
    EXPECT_EQ(head->seq, 0);
    EXPECT_EQ(head->hash, Sha256{});
}

TEST_P(AuditTableTest, HeadFollowsAppendsWithinATransaction) {
    ASSERT_TRUE(connection->begin_write());
    EXPECT_EQ(audit.head()->seq, 5);
    ASSERT_TRUE(audit.append(row(6, 600)));
    EXPECT_EQ(audit.head()->seq, 6);
    EXPECT_EQ(audit.head()->hash, row(6, 0).hash);
    ASSERT_TRUE(connection->run("ROLLBACK"));
    tables.audit_table().forget_head();
    EXPECT_EQ(audit.head()->seq, 5);
}

TEST_P(AuditTableTest, NumbersAreTakenOnce) {
    EXPECT_EQ(code_of(audit.append(row(5, 500))), Errc::already_exists);
}

TEST_P(AuditTableTest, ScansBothWaysAndStops) {
    EXPECT_THAT(scan(0, 99), ElementsAre(1, 2, 3, 4, 5));
    EXPECT_THAT(scan(3, 99), ElementsAre(4, 5));
    EXPECT_THAT(scan(0, 2), ElementsAre(1, 2));
    EXPECT_THAT(scan(5, 99), IsEmpty());
    EXPECT_THAT(scan(0, 2, true), ElementsAre(5, 4));
    EXPECT_THAT(scan(3, 99, true), ElementsAre(2, 1));
}

TEST_P(AuditTableTest, FindsTheFirstAtATime) {
    EXPECT_EQ(*audit.first_at(at(0)), 1);
    EXPECT_EQ(*audit.first_at(at(300)), 3);
    EXPECT_EQ(*audit.first_at(at(301)), 4);
    EXPECT_EQ(*audit.first_at(at(501)), std::nullopt);
    ASSERT_TRUE(connection->run("DELETE FROM audit"));
    EXPECT_EQ(*audit.first_at(at(0)), std::nullopt);
}

KIMBAP_FOR_EACH_DATABASE(AuditTableTest);

}  // namespace
}  // namespace kimbap::store::sql
