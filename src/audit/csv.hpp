#pragma once

#include <string>

#include "base/error.hpp"

namespace kimbap::audit {

/// The header row of the CSV form (RFC 4180); without a line break, as csv_row.
[[nodiscard]] std::string csv_header();
/// A record, given as an exported line, as a row: the members that people sort and filter by, and
/// the rest as JSON. Text that a spreadsheet would run as a formula starts with an apostrophe:
/// parameters come from agents, and whoever opens the file is an operator. Errors: corrupt where
/// the line is not JSON.
[[nodiscard]] Result<std::string> csv_row(const std::string& exported_line);

}  // namespace kimbap::audit
