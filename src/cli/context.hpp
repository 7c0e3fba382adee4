#pragma once

#include <CLI/App.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::cli {

/// Exit codes (contract section 2).
enum class Exit { done = 0, failed = 1, usage = 2, denied = 3, approval = 4, invalid = 5 };

/// What every command shares. Commands register themselves on the root and set `exit`.
struct Context {
    std::string config_flag;
    bool json = false;
    Exit exit = Exit::done;
    app::Environment environment = app::process_environment();
};

/// The configuration, or nullopt with the error reported and `exit` set to invalid. Also sets the
/// log's level and format.
[[nodiscard]] std::optional<app::Config> configured(Context& context);
/// The same with a flag that overrides `variable` of the environment where it was given: what the
/// flag says is checked like it.
[[nodiscard]] std::optional<app::Config> configured(Context& context, const std::string& variable,
                                                    const std::string& flag);

/// Writes `kimbap: message` to stderr and sets `exit`: from the error's class, or as given.
void report(Context& context, const Error& error);
/// The same of what was given on the command line: what is wrong with that is wrong usage.
void report_given(Context& context, const Error& error);
void report(Context& context, Exit exit, std::string_view message);

/// Human text to stdout, with a line break.
void print(std::string_view line);
/// One JSON document (or one line of a stream) to stdout.
void print_json(const boost::json::value& value);

/// Aligned columns, header first; nothing but the header's absence for no rows.
class Table {
public:
    explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    void print() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

/// "1 rule", "2 rules".
[[nodiscard]] std::string counted(std::size_t count, std::string_view what);

/// `text` as JSON where it is JSON, else as a JSON string: how `--arg NAME=VALUE` is read.
[[nodiscard]] boost::json::value json_or_text(std::string_view text);

/// A time (RFC 3339), or one that long ago ("24h"); nullopt where it is neither.
[[nodiscard]] std::optional<TimePoint> time_or_ago(const std::string& text);

/// `--json` on a command.
void add_json_flag(CLI::App& command, Context& context);

/// Text safe for a terminal: control characters of stored or remote text become spaces, so that
/// none can drive the operator's terminal.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace kimbap::cli
