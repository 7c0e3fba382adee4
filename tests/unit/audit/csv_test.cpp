#include "audit/csv.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/audit/sample.hpp"

namespace kimbap::audit {
namespace {

TEST(CsvTest, AColumnAMember) {
    const auto row = csv_row(test::sample_lines()[1]);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->substr(0, row->find(",\"{")),
              R"("2","2026-11-23T12:00:01.250000Z","call.finished","call_01KAQ5Z0M1",)"
              R"("naïve ""bot""","tok_01KAQ5","[""support"",""on-call""]","claude-code",)"
              R"("shop.create-order","allow","small-orders","","","","succeeded","201","12")");
    EXPECT_EQ(csv_header().substr(0, 37), "seq,time,kind,call,agent,token,roles,");
    // Fields of this record hold commas within quotes; that of a bare one don't.
    const auto bare = csv_row(R"({"seq":1})");
    EXPECT_EQ(std::count(bare->begin(), bare->end(), ','), std::ranges::count(csv_header(), ','));
}

TEST(CsvTest, WhatASpreadsheetWouldRunIsDisarmed) {
    for (const char* text : {"=1+1", "+1", "-1", "@SUM(A1)", "\\t=1", "\\r=1", "\\n=1"}) {
        const auto row = csv_row(std::string(R"({"action":")") + text + "\"}");
        ASSERT_TRUE(row);
        EXPECT_NE(row->find("\"'"), std::string::npos) << text << ": " << *row;
    }
    EXPECT_EQ(csv_row(R"({"action":"a=1"})")->find('\''), std::string::npos);
}

TEST(CsvTest, ALineThatIsNotJsonIsAnError) {
    const auto row = csv_row("{");
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace kimbap::audit
