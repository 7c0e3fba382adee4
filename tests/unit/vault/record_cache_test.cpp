#include "vault/record_cache.hpp"

#include <gtest/gtest.h>

namespace kimbap::vault {
namespace {

OpenRecordPtr record(const std::string& name, std::uint64_t version) {
    auto made = std::make_shared<OpenRecord>();
    made->row.name = name;
    made->version = version;
    return made;
}

TEST(RecordCache, FindsWhatWasPut) {
    RecordCache cache(4);
    EXPECT_EQ(cache.find("a"), nullptr);
    const OpenRecordPtr a = record("a", 2);
    cache.put(a);
    EXPECT_EQ(cache.find("a"), a);
    cache.erase("a");
    EXPECT_EQ(cache.find("a"), nullptr);
}

TEST(RecordCache, TheNewerRecordStays) {
    RecordCache cache(4);
    const OpenRecordPtr newer = record("a", 4);
    cache.put(newer);
    cache.put(record("a", 2));
    EXPECT_EQ(cache.find("a"), newer);
    const OpenRecordPtr newest = record("a", 6);
    cache.put(newest);
    EXPECT_EQ(cache.find("a"), newest);
}

TEST(RecordCache, IsBounded) {
    RecordCache cache(8);
    for (int i = 0; i < 100; ++i) {
        cache.put(record("n" + std::to_string(i), 2));
        EXPECT_LE(cache.size(), 8U);
        EXPECT_NE(cache.find("n" + std::to_string(i)), nullptr);
    }
    cache.clear();
    EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace kimbap::vault
