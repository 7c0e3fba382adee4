#include "app/path_watch.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "support/temp_folder.hpp"

namespace kimbap::app {
namespace {

namespace fs = std::filesystem;

class PathWatchTest : public ::testing::Test {
protected:
    void write(const std::string& path) { std::ofstream(folder_ / path) << "x"; }
    void make(const std::string& path) { fs::create_directories(folder_ / path); }
    void rename(const std::string& from, const std::string& to) {
        fs::rename(folder_ / from, folder_ / to);
    }
    void watch(std::vector<std::string> paths) {
        for (std::string& path : paths) path = folder_ / path;
        watch_.watch(paths);
        seen_ = 0;
    }
    /// Whether what happened is told.
    bool told() {
        context_.restart();
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (seen_ == 0 && std::chrono::steady_clock::now() < deadline) {
            context_.run_one_for(std::chrono::milliseconds{10});
        }
        return std::exchange(seen_, 0) > 0;
    }
    /// Events of this process are queued at once: nothing is waited for.
    bool quiet() {
        context_.restart();
        context_.poll();
        return seen_ == 0;
    }

    test::TempFolder folder_;
    boost::asio::io_context context_;
    int seen_ = 0;
    std::function<void()> then_ = [] {};
    PathWatch watch_{context_, [this] {
                         ++seen_;
                         then_();
                     }};
};

TEST_F(PathWatchTest, TellsOfFilesInAFolder) {
    make("policy");
    watch({"policy"});
    EXPECT_TRUE(quiet());
    write("policy/a.yaml");
    EXPECT_TRUE(told());
    write("policy/b.yaml.tmp");
    rename("policy/b.yaml.tmp", "policy/b.yaml");
    EXPECT_TRUE(told());
    fs::remove(folder_ / "policy/a.yaml");
    EXPECT_TRUE(told());
}

TEST_F(PathWatchTest, OfAFileOnlyItsName) {
    write("one.yaml");
    watch({"one.yaml"});
    write("other.yaml");
    EXPECT_TRUE(quiet());
    write("one.yaml");
    EXPECT_TRUE(told());
}

TEST_F(PathWatchTest, AFolderIsPutInItsPlace) {
    make("etc/policy");
    make("etc/policy.new");
    watch({"etc/policy"});
    rename("etc/policy", "etc/policy.old");
    EXPECT_TRUE(told());
    rename("etc/policy.new", "etc/policy");
    EXPECT_TRUE(told());
    watch({"etc/policy"});
    write("etc/policy/a.yaml");
    EXPECT_TRUE(told());
    watch({"etc/policy"});
    rename("etc", "gone");
    EXPECT_TRUE(told());
    watch({"etc/policy"});
    make("etc");
    EXPECT_TRUE(told());
    watch({"etc/policy"});
    make("etc/policy");
    EXPECT_TRUE(told());
}

TEST_F(PathWatchTest, LinksAreFollowed) {
    make("v1");
    make("v2");
    write("elsewhere.yaml");
    fs::create_directory_symlink("v1", folder_ / "policy");
    fs::create_symlink(folder_ / "elsewhere.yaml", folder_ / "v1/a.yaml");
    watch({"policy"});
    write("v1/b.yaml");
    EXPECT_TRUE(told());
    write("elsewhere.yaml");
    EXPECT_TRUE(told());
    fs::create_directory_symlink("v2", folder_ / "policy.new");
    EXPECT_TRUE(quiet());
    rename("policy.new", "policy");
    EXPECT_TRUE(told());
    watch({"policy"});
    write("v2/c.yaml");
    EXPECT_TRUE(told());
}

TEST_F(PathWatchTest, NothingAfterTheEnd) {
    make("policy");
    watch({"policy"});
    watch_.stop();
    write("policy/a.yaml");
    EXPECT_TRUE(quiet());
}

TEST_F(PathWatchTest, NothingAfterTheEndThoughItWasReadBefore) {
    make("policy");
    watch({"policy"});
    // More than is read at once: the rest has been read by the time that the first is told of.
    for (int i = 0; i < 400; ++i) write("policy/a-file-with-a-longer-name-" + std::to_string(i));
    then_ = [this] { watch_.stop(); };
    EXPECT_TRUE(told());
    EXPECT_TRUE(quiet());
}

}  // namespace
}  // namespace kimbap::app
