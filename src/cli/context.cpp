#include "cli/context.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>

#include "base/json_text.hpp"
#include "base/log.hpp"

namespace kimbap::cli {

namespace {

Exit exit_of(Errc code) {
    switch (code) {
        case Errc::invalid_config:
            return Exit::invalid;
        case Errc::forbidden:
            return Exit::denied;
        default:
            return Exit::failed;
    }
}

void write_line(std::FILE* to, std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), to);
    std::fputc('\n', to);
}

}  // namespace

std::optional<app::Config> configured(Context& context) {
    return configured(context, "", "");
}

std::optional<app::Config> configured(Context& context, const std::string& variable,
                                      const std::string& flag) {
    const app::Environment environment =
        [&](const std::string& name) -> std::optional<std::string> {
        if (!flag.empty() && name == variable) return flag;
        return context.environment(name);
    };
    auto config = app::load_config(context.config_flag, environment);
    if (!config) {
        report(context, Exit::invalid, config.error().message);
        return std::nullopt;
    }
    log::configure(config->log_level, config->log_format);
    return std::move(*config);
}

void report(Context& context, const Error& error) {
    report(context, exit_of(error.code), error.message);
}

void report_given(Context& context, const Error& error) {
    const bool usage = error.code == Errc::invalid_argument;
    report(context, usage ? Exit::usage : exit_of(error.code), error.message);
}

void report(Context& context, Exit exit, std::string_view message) {
    context.exit = exit;
    std::fflush(stdout);
    write_line(stderr, "kimbap: " + std::string(message));
}

void print(std::string_view line) {
    write_line(stdout, line);
}

void print_json(const boost::json::value& value) {
    write_line(stdout, to_json(value));
    std::fflush(stdout);
}

void Table::print() const {
    if (rows_.size() < 2) return;
    std::vector<std::size_t> widths(rows_[0].size());
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i];
            if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
        }
        cli::print(line);
    }
}

std::string counted(std::size_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

json::value json_or_text(std::string_view text) {
    auto parsed = parse_json(text);
    if (parsed) return std::move(*parsed);
    return json::string(text);
}

std::optional<TimePoint> time_or_ago(const std::string& text) {
    if (auto time = parse_time(text)) return time;
    const auto ago = parse_duration(text);
    if (!ago) return std::nullopt;
    return SystemClock{}.now() - *ago;
}

void add_json_flag(CLI::App& command, Context& context) {
    command.add_flag("--json", context.json, "Print JSON instead of text");
}

std::string printable(std::string_view text) {
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(),
        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return out;
}

}  // namespace kimbap::cli
