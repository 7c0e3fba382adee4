#include "audit/verifier.hpp"

#include <gtest/gtest.h>

#include "audit/chain.hpp"
#include "audit/pieces.hpp"
#include "base/encoding.hpp"
#include "unit/audit/log_fixture.hpp"

namespace kimbap::audit {
namespace {

class VerifierTest : public test::LogFixture {
protected:
    Checkpoint checkpoint() {
        const auto now = head();
        return {now.chain, now.seq, hex_encode(bytes_of(now.hash)), "", "", ""};
    }
    /// Replaces the records from `first` on by others, correctly chained: what only a checkpoint
    /// finds.
    void rewrite_from(std::int64_t first, int count) {
        tamper("DELETE FROM audit WHERE seq >= " + std::to_string(first));
        append(count, "call.invented");
    }
};

TEST_F(VerifierTest, AnEmptyLogIsWhole) {
    const auto found = verify();
    EXPECT_TRUE(found.intact);
    EXPECT_EQ(found.records, 0);
    EXPECT_EQ(found.head, std::string(64, '0'));
}

TEST_F(VerifierTest, AWholeLogIsWhole) {
    append(2500);  // more than is read in one piece
    std::int64_t heard = 0;
    const auto found = audit::verify(*store, checkpoint(), [&](std::int64_t seq) { heard = seq; });
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->intact) << found->fault;
    EXPECT_EQ(found->records, 2500);
    EXPECT_EQ(found->head, hex_encode(bytes_of(head().hash)));
    EXPECT_EQ(heard, 0) << "too short to tell about";
}

struct Tampering {
    const char* name;
    const char* sql;
    FaultKind kind;
    std::int64_t seq;
    const char* says;
};

class TamperingTest : public VerifierTest, public ::testing::WithParamInterface<Tampering> {};

TEST_P(TamperingTest, IsFoundAndNamed) {
    append(9);
    tamper(GetParam().sql);
    const auto found = verify();
    EXPECT_FALSE(found.intact);
    EXPECT_EQ(found.kind, GetParam().kind) << found.fault;
    EXPECT_EQ(found.bad_seq, GetParam().seq);
    EXPECT_EQ(found.records, GetParam().seq - 1);
    EXPECT_NE(found.fault.find(GetParam().says), std::string::npos) << found.fault;
}

constexpr Tampering kTamperings[] = {
    {"AByteOfTheText", "UPDATE audit SET line = replace(line, 'bot', 'bat') WHERE seq = 5",
     FaultKind::changed, 5, "record 5 was changed"},
    {"TheHash", "UPDATE audit SET hash = zeroblob(32) WHERE seq = 5", FaultKind::changed, 5,
     "record 5 was changed"},
    {"TheHashCutShort", "UPDATE audit SET hash = x'00' WHERE seq = 5", FaultKind::changed, 5,
     "record 5 was changed"},
    {"TheTimeColumn", "UPDATE audit SET time = time + 1 WHERE seq = 5", FaultKind::changed, 5,
     "its time in the index"},
    {"ALineThatIsNoRecord",
     "UPDATE audit SET line = 'abc', hash = "
     "x'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' WHERE seq = 5",
     FaultKind::changed, 5, "not a record as kimbap writes them"},
    {"ARecordGone", "DELETE FROM audit WHERE seq = 5", FaultKind::missing, 5,
     "record 5 is missing"},
    {"TheFirstGone", "DELETE FROM audit WHERE seq = 1", FaultKind::missing, 1,
     "record 1 is missing"},
    {"ARecordGoneAndTheRestMovedUp",
     "DELETE FROM audit WHERE seq = 5; UPDATE audit SET seq = -seq + 1 WHERE seq > 5; "
     "UPDATE audit SET seq = -seq WHERE seq < 0",
     FaultKind::missing, 5, "record 6 stands there"},
    {"TwoSwapped",
     "UPDATE audit SET seq = -5 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 7; "
     "UPDATE audit SET seq = 7 WHERE seq = -5",
     FaultKind::reordered, 5, "record 7 stands there"},
    {"OneTwice",
     "UPDATE audit SET (time, line, hash) = (SELECT time, line, hash FROM audit WHERE seq = 4) "
     "WHERE seq = 5",
     FaultKind::missing, 5, "record 4 stands there"},
    {"AnotherChainsName", "UPDATE meta SET value = 'chn_other' WHERE key = 'audit.chain'",
     FaultKind::foreign, 1, "record 1 is of another log"},
};
INSTANTIATE_TEST_SUITE_P(VerifierTest, TamperingTest, ::testing::ValuesIn(kTamperings),
                         [](const auto& info) { return info.param.name; });

TEST_F(VerifierTest, ARecordPutBeforeTheFirstIsFound) {
    append(3);
    tamper("INSERT INTO audit VALUES (-7, 0, '', x'')");
    const auto found = verify();
    EXPECT_FALSE(found.intact);
    EXPECT_EQ(found.kind, FaultKind::foreign);
    EXPECT_EQ(found.bad_seq, -7);
    EXPECT_EQ(found.records, 0);
}

TEST_F(VerifierTest, ARecordThatWasChangedAndHashedAgainBreaksTheNextLink) {
    append(9);
    std::string line;
    ASSERT_TRUE(in_pieces(*store, 4, [&](const store::AuditRow& row) {
        line = row.line;
        return false;
    }));
    line.replace(line.find("bot"), 3, "bat");
    tamper("UPDATE audit SET line = '" + line + "', hash = x'" +
           hex_encode(bytes_of(hash_of(line))) + "' WHERE seq = 5");
    const auto found = verify();
    EXPECT_EQ(found.kind, FaultKind::changed);
    EXPECT_EQ(found.bad_seq, 6);
    EXPECT_NE(found.fault.find("does not follow record 5"), std::string::npos) << found.fault;
}

TEST_F(VerifierTest, ACutOffTailIsFoundByTheCheckpointAlone) {
    append(9);
    const auto before = checkpoint();
    tamper("DELETE FROM audit WHERE seq > 6");
    EXPECT_TRUE(verify().intact);
    const auto found = verify(before);
    EXPECT_FALSE(found.intact);
    EXPECT_EQ(found.kind, FaultKind::cut_off);
    EXPECT_EQ(found.bad_seq, 7);
    EXPECT_NE(found.fault.find("saw 9"), std::string::npos) << found.fault;
}

TEST_F(VerifierTest, ARewrittenHistoryIsFoundByTheCheckpointAlone) {
    append(9);
    const auto before = checkpoint();
    rewrite_from(4, 20);
    EXPECT_TRUE(verify().intact);
    const auto found = verify(before);
    EXPECT_FALSE(found.intact);
    EXPECT_EQ(found.kind, FaultKind::rewritten);
    EXPECT_EQ(found.bad_seq, 9);
}

TEST_F(VerifierTest, GrowthAfterACheckpointIsFine) {
    append(5);
    const auto before = checkpoint();
    append(5);
    const auto found = verify(before);
    EXPECT_TRUE(found.intact) << found.fault;
    EXPECT_EQ(found.records, 10);
}

TEST_F(VerifierTest, ACheckpointOfAnotherLogIsSaidToBe) {
    append(3);
    auto other = checkpoint();
    other.chain = "chn_other";
    const auto found = verify(other);
    EXPECT_FALSE(found.intact);
    EXPECT_EQ(found.kind, FaultKind::foreign);
}

}  // namespace
}  // namespace kimbap::audit
