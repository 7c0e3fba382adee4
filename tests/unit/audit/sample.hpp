#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "audit/record.hpp"

namespace kimbap::test {

/// The records of tests/data/audit/chain.jsonl, which was computed by other means.
inline std::vector<audit::Record> sample_records() {
    using boost::json::object;
    std::vector<audit::Record> out(3);
    constexpr std::int64_t kNoon = 1'795'435'200'000'000;
    out[0].kind = "policy.loaded";
    out[0].time = from_unix_micros(kNoon);
    out[0].details = object{{"policy", "sha256:0a1b"}, {"rules", 3}};

    out[1].kind = "call.finished";
    out[1].time = from_unix_micros(kNoon + 1'250'000);
    out[1].call = "call_01KAQ5Z0M1";
    out[1].caller =
        audit::Caller{"naïve \"bot\"", "tok_01KAQ5", {"support", "on-call"}, "claude-code"};
    out[1].action = "shop.create-order";
    out[1].parameters = object{
        {"note", "=1+1\nline two"}, {"quantity", std::int64_t{9007199254740993}}, {"price", 1.5}};
    out[1].decision =
        object{{"outcome", "allow"}, {"rule", "small-orders"}, {"policy", "sha256:0a1b"}};
    out[1].execution = object{{"status", "succeeded"},
                              {"http_status", 201},
                              {"attempts", 1},
                              {"duration_ms", 12},
                              {"bytes", 345}};

    out[2].kind = "approval.decided";
    out[2].time = from_unix_micros(kNoon + 2'000'001);
    out[2].caller = audit::Caller{"ops", "", {}, ""};
    out[2].action = "shop.refund";
    out[2].approval = object{{"id", "apr_01KAQ5"}, {"operator", "ops"}, {"outcome", "approved"}};
    return out;
}

inline std::vector<std::string> sample_lines() {
    std::ifstream file(KIMBAP_SOURCE_DIR "/tests/data/audit/chain.jsonl");
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) out.push_back(line);
    return out;
}

inline constexpr const char* kSampleChain = "chn_01KAQ5Z0M0F8Q6T1V9X2C4B7NE";

}  // namespace kimbap::test
