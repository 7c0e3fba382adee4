#include "store/sqlite/change_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/temp_folder.hpp"

namespace kimbap::store::sqlite {
namespace {

constexpr unsigned kTokens = 1U << static_cast<unsigned>(Topic::tokens);
constexpr unsigned kSecrets = 1U << static_cast<unsigned>(Topic::secrets);

class ChangeFileTest : public ::testing::Test {
protected:
    std::unique_ptr<ChangeFile> open() {
        auto file = ChangeFile::open(path_);
        EXPECT_TRUE(file);
        return std::move(*file);
    }
    test::TempFolder folder_;
    std::string path_ = folder_ / "changes";
};

TEST_F(ChangeFileTest, StartsStableAndPrivate) {
    const auto file = open();
    EXPECT_EQ(file->version(Topic::tokens), 0U);
    EXPECT_TRUE(ChangeBoard::stable(file->version(Topic::tokens)));
    struct stat status {};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(ChangeFileTest, AChangeIsOddWhileUnderWayAndSeenByTheOthers) {
    const auto writer = open();
    const auto other = open();
    writer->announce(kTokens);
    EXPECT_EQ(other->version(Topic::tokens), 1U);
    EXPECT_EQ(other->version(Topic::secrets), 0U);
    writer->settle();
    EXPECT_EQ(other->version(Topic::tokens), 2U);
    EXPECT_EQ(other->version(Topic::secrets), 0U);
}

TEST_F(ChangeFileTest, SurvivesItsProcesses) {
    {
        const auto writer = open();
        writer->announce(kTokens | kSecrets);
        writer->settle();
    }
    EXPECT_EQ(open()->version(Topic::secrets), 2U);
}

TEST_F(ChangeFileTest, TheNextWriterRepairsWhatACrashLeftOdd) {
    open()->announce(kTokens);  // and dies
    const auto next = open();
    EXPECT_FALSE(ChangeBoard::stable(next->version(Topic::tokens)));
    next->announce(0);
    EXPECT_FALSE(ChangeBoard::stable(next->version(Topic::tokens)));
    next->settle();
    EXPECT_EQ(next->version(Topic::tokens), 4U);
}

TEST_F(ChangeFileTest, AWriterThatSettlesLateDoesNotHideALaterOnesChange) {
    const auto slow = open();
    const auto next = open();
    slow->announce(kTokens);  // commits, and is suspended before it settles
    next->announce(kTokens);
    slow->settle();
    EXPECT_FALSE(ChangeBoard::stable(next->version(Topic::tokens)));
    next->settle();
    EXPECT_TRUE(ChangeBoard::stable(next->version(Topic::tokens)));
}

TEST_F(ChangeFileTest, AnErrorNamesTheFile) {
    const auto file = ChangeFile::open(folder_ / "none/changes");
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Errc::storage_failure);
    EXPECT_NE(file.error().message.find("none/changes"), std::string::npos);
}

}  // namespace
}  // namespace kimbap::store::sqlite
