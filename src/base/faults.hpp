#pragma once

#include <string>
#include <vector>

namespace kimbap {

/// One fault in a file written by a person; line and column count from 1, 0 where unknown.
struct Fault {
    std::string file;
    int line = 0;
    int column = 0;
    std::string message;  ///< What is wrong (what would be right).
};

/// `file:line:column: message`; without line and column where they are unknown.
[[nodiscard]] std::string to_string(const Fault& fault);

/// All faults of a set of files, gathered so that one run reports every one of them.
using Faults = std::vector<Fault>;
[[nodiscard]] std::string to_string(const Faults& faults);

}  // namespace kimbap
