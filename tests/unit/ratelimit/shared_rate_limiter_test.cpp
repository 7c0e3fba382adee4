#include "ratelimit/shared_rate_limiter.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_folder.hpp"

namespace kimbap::ratelimit {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart = from_unix_micros(1'795'435'200'000'000);

policy::RateLimit limit_of(std::uint32_t max_requests, seconds window) {
    policy::RateLimit limit;
    limit.max_requests = max_requests;
    limit.window = window;
    return limit;
}

class SharedRateLimiterTest : public ::testing::Test {
protected:
    std::unique_ptr<SharedRateLimiter> open() {
        auto opened = SharedRateLimiter::open(path_);
        EXPECT_TRUE(opened) << opened.error().message;
        return opened ? std::move(*opened) : nullptr;
    }
    /// The message of an open that has to fail.
    std::string refusal(Errc code) {
        const auto opened = SharedRateLimiter::open(path_);
        EXPECT_FALSE(opened);
        if (opened) return "";
        EXPECT_EQ(opened.error().code, code);
        return opened.error().message;
    }
    static bool take(SharedRateLimiter& limiter, const policy::RateLimit& limit, TimePoint now,
                     std::string_view key = "k") {
        return limiter.ask(key, limit, now, true).count() == 0;
    }
    static int take_all(SharedRateLimiter& limiter, const policy::RateLimit& limit, TimePoint now) {
        int granted = 0;
        while (granted < 1'000'000 && take(limiter, limit, now)) ++granted;
        return granted;
    }

    test::TempFolder folder_;
    const std::string path_ = folder_ / "rate.limits";
};

/// Up to kExact requests are remembered by their times, more by counts: both ways each.
constexpr std::array<std::uint32_t, 4> kSizes{1, 120, 121, 5'000};

TEST_F(SharedRateLimiterTest, GrantsAsManyAsAllowedThenSaysHowLongToWait) {
    const auto limiter = open();
    for (const std::uint32_t size : kSizes) {
        const auto limit = limit_of(size, seconds{60});
        EXPECT_EQ(take_all(*limiter, limit, kStart), static_cast<int>(size));
        const milliseconds wait = limiter->ask("k", limit, kStart + seconds{10}, true);
        EXPECT_GE(wait, seconds{50}) << size;
        EXPECT_LE(wait, seconds{52}) << size;
        EXPECT_FALSE(take(*limiter, limit, kStart + seconds{59})) << size;
        // Who waits as long as told is served.
        EXPECT_EQ(take_all(*limiter, limit, kStart + seconds{10} + wait), static_cast<int>(size));
    }
}

TEST_F(SharedRateLimiterTest, LookingUsesNothing) {
    const auto limiter = open();
    for (const std::uint32_t size : kSizes) {
        const auto limit = limit_of(size, seconds{60});
        for (std::uint32_t i = 0; i < size + 3; ++i) {
            EXPECT_EQ(limiter->ask("k", limit, kStart, false).count(), 0);
        }
        EXPECT_EQ(take_all(*limiter, limit, kStart), static_cast<int>(size));
        EXPECT_GT(limiter->ask("k", limit, kStart, false).count(), 0);
    }
}

TEST_F(SharedRateLimiterTest, NoWindowEverSeesMoreThanAllowed) {
    const auto limiter = open();
    std::mt19937 random(7);
    for (const std::uint32_t size : {3U, 120U, 150U}) {
        const auto limit = limit_of(size, seconds{10});
        std::deque<TimePoint> granted;
        TimePoint now = kStart;
        std::size_t total = 0;
        for (int i = 0; i < 5'000; ++i) {
            now += std::chrono::microseconds(random() % (20'000'000 / size));
            while (!granted.empty() && granted.front() <= now - limit.window) granted.pop_front();
            if (!take(*limiter, limit, now)) continue;
            granted.push_back(now);
            ++total;
            ASSERT_LE(granted.size(), size);
        }
        // Nor much less: on average every second request's time has room.
        EXPECT_GT(total, 3'500U) << size;
    }
}

TEST_F(SharedRateLimiterTest, KeysAndChangedLimitsCountForThemselves) {
    const auto limiter = open();
    const auto limit = limit_of(1, seconds{60});
    EXPECT_TRUE(take(*limiter, limit, kStart, "a"));
    EXPECT_FALSE(take(*limiter, limit, kStart, "a"));
    EXPECT_TRUE(take(*limiter, limit, kStart, "b"));
    EXPECT_TRUE(take(*limiter, limit_of(2, seconds{60}), kStart, "a"));
}

TEST_F(SharedRateLimiterTest, RestartsForgetNothing) {
    for (const std::uint32_t size : kSizes) {
        const auto limit = limit_of(size, seconds{60});
        EXPECT_EQ(take_all(*open(), limit, kStart), static_cast<int>(size));
        EXPECT_FALSE(take(*open(), limit, kStart + seconds{1}));
    }
}

TEST_F(SharedRateLimiterTest, ProcessesShareAllowances) {
    for (const std::uint32_t size : {100U, 3'000U}) {
        const auto limit = limit_of(size, seconds{3600});
        std::vector<std::unique_ptr<test::ChildProcess>> children;
        for (int i = 0; i < 4; ++i) {
            children.push_back(std::make_unique<test::ChildProcess>([&, i] {
                const auto limiter = open();
                std::ofstream out(folder_ / ("granted" + std::to_string(i)));
                out << take_all(*limiter, limit, kStart);
                return 0;
            }));
        }
        std::uint32_t total = 0;
        for (int i = 0; i < 4; ++i) {
            EXPECT_EQ(children[static_cast<std::size_t>(i)]->wait(), 0);
            std::uint32_t granted = 0;
            std::ifstream(folder_ / ("granted" + std::to_string(i))) >> granted;
            total += granted;
        }
        EXPECT_EQ(total, size);
    }
}

TEST_F(SharedRateLimiterTest, AProcessThatDiesHoldsNobodyUp) {
    const auto limit = limit_of(10, seconds{3600});
    {
        test::ChildProcess child([&] {
            const auto limiter = open();
            for (;;) static_cast<void>(limiter->ask("k", limit, kStart, false));
            return 0;
        });
        const auto limiter = open();
        for (int i = 0; i < 1'000; ++i) static_cast<void>(limiter->ask("k", limit, kStart, false));
    }  // killed at some point of its work
    EXPECT_EQ(take_all(*open(), limit, kStart), 10);
}

TEST_F(SharedRateLimiterTest, ThreadsShareAllowances) {
    const auto limiter = open();
    const auto limit = limit_of(3'000, seconds{3600});
    std::atomic<int> total{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] { total += take_all(*limiter, limit, kStart); });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(total, 3'000);
}

TEST_F(SharedRateLimiterTest, SettingTheClockBackGrantsNothingMore) {
    const auto limiter = open();
    for (const std::uint32_t size : kSizes) {
        for (const seconds back : {seconds{1}, seconds{20}, seconds{90}, seconds{86'400}}) {
            const auto limit = limit_of(size, seconds{60});
            const std::string key = "back" + std::to_string(back.count());
            for (std::uint32_t i = 0; i < size; ++i) {
                ASSERT_TRUE(take(*limiter, limit, kStart, key)) << size;
            }
            const TimePoint now = kStart - back;
            EXPECT_FALSE(take(*limiter, limit, now, key));
            EXPECT_FALSE(take(*limiter, limit, now + seconds{30}, key)) << size << key;
            EXPECT_FALSE(take(*limiter, limit, now + seconds{59}, key)) << size << key;
            // Nor does it hold anybody up for longer than a window (and one part of it).
            EXPECT_TRUE(take(*limiter, limit, now + seconds{62}, key)) << size << key;
        }
    }
}

TEST_F(SharedRateLimiterTest, AFullTableRefusesAndRecovers) {
    const auto limiter = open();
    const auto limit = limit_of(1, seconds{60});
    std::size_t refused = 0;
    std::size_t keys = 0;
    for (; keys < 2 * SharedRateLimiter::kSlots; ++keys) {
        if (!take(*limiter, limit, kStart, std::to_string(keys))) ++refused;
    }
    EXPECT_GT(refused, SharedRateLimiter::kSlots / 2);
    for (std::size_t i = 0; i < keys; ++i) {
        ASSERT_FALSE(take(*limiter, limit, kStart + seconds{1}, std::to_string(i)));
    }
    EXPECT_TRUE(take(*limiter, limit, kStart + seconds{61}, "new"));
}

TEST_F(SharedRateLimiterTest, TheFileIsPrivateAndItsRoomReserved) {
    const auto limiter = open();
    struct stat status {};
    ASSERT_EQ(::stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    // Else a disk that fills up would end the process at the first write into a hole.
    EXPECT_GE(status.st_blocks * 512, status.st_size);
}

TEST_F(SharedRateLimiterTest, NoRoomIsAnErrorAtOpening) {
    test::ChildProcess child([&] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{1U << 20, 1U << 20};
        if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 1;
        return refusal(Errc::storage_failure).find("rate.limits: can't be sized") !=
                       std::string::npos
                   ? 0
                   : 2;
    });
    EXPECT_EQ(child.wait(), 0);
    // What that left behind doesn't stand in the way.
    EXPECT_EQ(take_all(*open(), limit_of(3, seconds{60}), kStart), 3);
}

TEST_F(SharedRateLimiterTest, AMissingFolderIsAnErrorAtOpening) {
    std::filesystem::remove_all(folder_.path());
    EXPECT_NE(refusal(Errc::storage_failure).find("make the data directory writable"),
              std::string::npos);
}

/// What was used is lost with a part of the file: kimbap doesn't start on it by itself.
TEST_F(SharedRateLimiterTest, ATruncatedOrForeignFileIsRefused) {
    static_cast<void>(open());
    const auto size = std::filesystem::file_size(path_);
    for (const std::uintmax_t cut : {std::uintmax_t{1}, std::uintmax_t{4096}, size / 2, size - 1}) {
        std::filesystem::remove(path_);
        EXPECT_EQ(take_all(*open(), limit_of(3, seconds{60}), kStart), 3);
        std::filesystem::resize_file(path_, cut);
        EXPECT_NE(refusal(Errc::corrupt).find("remove it: allowances start anew"),
                  std::string::npos)
            << cut;
    }
    std::ofstream(path_) << std::string(size, 'x');
    refusal(Errc::corrupt);
    std::ofstream(path_) << "something else";
    refusal(Errc::corrupt);
    std::filesystem::remove(path_);
    EXPECT_EQ(take_all(*open(), limit_of(3, seconds{60}), kStart), 3);
}

/// Whatever a slot holds, reading it stays inside the slot, and the limit holds from then on.
TEST_F(SharedRateLimiterTest, GarbageInASlotIsContained) {
    for (const std::uint32_t size : {5U, 120U, 500U}) {
        std::filesystem::remove(path_);
        const auto limit = limit_of(size, seconds{60});
        EXPECT_TRUE(take(*open(), limit, kStart));
        std::string bytes;
        {
            std::ifstream in(path_, std::ios::binary);
            bytes.assign(std::istreambuf_iterator<char>(in), {});
        }
        const std::size_t slot = bytes.find_first_not_of('\0', 16);
        ASSERT_NE(slot, std::string::npos);
        const std::size_t fields = (slot & ~std::size_t{7}) + 16;
        const std::size_t end = fields + 16 + SharedRateLimiter::kExact * 8;
        std::mt19937 random(1);
        for (int round = 0; round < 8; ++round) {
            for (std::size_t i = fields; i < end; ++i) {
                bytes[i] = round == 0   ? '\x80'
                           : round == 1 ? '\xff'
                           : round == 2 ? '\x7f'
                                        : static_cast<char>(random());
            }
            std::ofstream(path_, std::ios::binary) << bytes;
            const auto limiter = open();
            EXPECT_LE(take_all(*limiter, limit, kStart), static_cast<int>(size));
            EXPECT_FALSE(take(*limiter, limit, kStart + seconds{30}));
            EXPECT_TRUE(take(*limiter, limit, kStart + seconds{130})) << round << " " << size;
        }
    }
}

}  // namespace
}  // namespace kimbap::ratelimit
