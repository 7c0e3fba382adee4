#include "base/shared_cell.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace kimbap {
namespace {

TEST(SharedCellTest, IsEmptyUntilItIsFilled) {
    SharedCell<int> cell;
    EXPECT_EQ(cell.load(), nullptr);
    cell.store(std::make_shared<const int>(1));
    EXPECT_EQ(*cell.load(), 1);
    EXPECT_EQ(*SharedCell<int>(std::make_shared<const int>(2)).load(), 2);
}

TEST(SharedCellTest, WhoeverTookASnapshotKeepsIt) {
    SharedCell<int> cell(std::make_shared<const int>(1));
    const auto taken = cell.load();
    cell.store(std::make_shared<const int>(2));
    EXPECT_EQ(*taken, 1);
    EXPECT_EQ(taken.use_count(), 1);
}

TEST(SharedCellTest, ReadersNeverSeeAHalfMadeSnapshot) {
    SharedCell<std::pair<int, int>> cell(std::make_shared<const std::pair<int, int>>(0, 0));
    std::atomic<bool> stop = false;
    std::atomic<int> torn = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            while (!stop) {
                const auto taken = cell.load();
                if (taken->first != taken->second) ++torn;
            }
        });
    }
    for (int i = 0; i < 2000; ++i) cell.store(std::make_shared<const std::pair<int, int>>(i, i));
    stop = true;
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace kimbap
