#include "vault/locked_memory.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace kimbap::vault {
namespace {

/// The VmFlags and size lines of the mapping that holds `address`, from /proc/self/smaps.
std::string mapping_of(const void* address) {
    std::ifstream smaps("/proc/self/smaps");
    std::string line;
    std::string found;
    bool inside = false;
    while (std::getline(smaps, line)) {
        unsigned long first = 0;
        unsigned long last = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &first, &last) == 2) {
            const auto at = reinterpret_cast<unsigned long>(address);
            inside = first <= at && at < last;
        }
        if (inside) found += line + "\n";
    }
    return found;
}

TEST(LockedMemory, KeepsWhatItIsGiven) {
    LockedArena arena(4096);
    const auto stored = arena.store("a key of some length, longer than one slot is");
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->reveal(), "a key of some length, longer than one slot is");
}

TEST(LockedMemory, IsNeitherSwappedNorDumped) {
    LockedArena arena(4096);
    const auto stored = arena.store("key");
    ASSERT_TRUE(stored);
    if (arena.protection() == Protection::unlocked) GTEST_SKIP() << "no memory may be locked here";
    const std::string mapping = mapping_of(stored->reveal().data());
    const std::string flags = mapping.substr(mapping.find("VmFlags:"));
    EXPECT_NE(flags.find(" lo"), std::string::npos) << flags;  // locked
    EXPECT_NE(flags.find(" dd"), std::string::npos) << flags;  // left out of core dumps
}

TEST(LockedMemory, ChildrenGetNothing) {
    LockedArena arena(4096);
    const auto stored = arena.store("key");
    ASSERT_TRUE(stored);
    const pid_t child = ::fork();
    if (child == 0) {
        // Unmapped for the child (it dies of reading), or wiped.
        _exit(std::memcmp(stored->reveal().data(), "key", 3) == 0 ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    // A sanitizer turns the child's fault into an exit code of its own.
    const bool got_the_key =
        WIFEXITED(status) && WEXITSTATUS(status) == 1 && arena.protection() != Protection::secret;
    EXPECT_FALSE(got_the_key);
}

TEST(LockedMemory, WipesAndReusesSlots) {
    LockedArena arena(1);  // one page
    const char* freed = nullptr;
    {
        const auto stored = arena.store("0123456789");
        ASSERT_TRUE(stored);
        freed = stored->reveal().data();
    }
    EXPECT_EQ(std::string(freed, 10), std::string(10, '\0'));
    const auto again = arena.store("x");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->reveal().data(), freed);
}

TEST(LockedMemory, IsBoundedAndSaysSo) {
    LockedArena arena(1);
    std::vector<LockedBytes> all;
    for (;;) {
        auto piece = arena.allocate(LockedArena::kSlot);
        if (!piece) {
            EXPECT_EQ(piece.error().code, Errc::too_large);
            break;
        }
        all.push_back(std::move(*piece));
    }
    EXPECT_EQ(all.size(), static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / LockedArena::kSlot);
    all.erase(all.begin() + 3, all.begin() + 5);
    EXPECT_FALSE(arena.allocate(3 * LockedArena::kSlot));
    EXPECT_TRUE(arena.allocate(2 * LockedArena::kSlot));
}

TEST(LockedMemory, OutlivesItsArena) {
    auto arena = std::make_unique<LockedArena>(4096);
    auto stored = arena->store("key");
    ASSERT_TRUE(stored);
    arena.reset();
    EXPECT_EQ(stored->reveal(), "key");
    LockedBytes moved = std::move(*stored);
    EXPECT_EQ(moved.reveal(), "key");
    EXPECT_TRUE(stored->reveal().empty());  // NOLINT(bugprone-use-after-move): what is tested
}

}  // namespace
}  // namespace kimbap::vault
