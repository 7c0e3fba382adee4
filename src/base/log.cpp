#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>

#include "base/clock.hpp"
#include "base/json_text.hpp"

namespace kimbap::log {

namespace {

std::atomic<Level> g_level{Level::info};
std::atomic<Format> g_format{Format::text};

spdlog::logger& sink() {
    static const auto logger = [] {
        auto created = std::make_shared<spdlog::logger>(
            "kimbap", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        created->set_pattern("%v");
        created->set_level(spdlog::level::trace);
        created->flush_on(spdlog::level::trace);
        return created;
    }();
    return *logger;
}

std::string_view label(Level level) {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warn:
            return "warn";
        default:
            return "error";
    }
}

/// One line, whatever the message holds: a peer's text must not forge further log lines.
void append_single_line(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += ' ';
        } else {
            out += c;
        }
    }
}

}  // namespace

void configure(Level level, Format format) {
    g_level = level;
    g_format = format;
}

bool enabled(Level level) noexcept {
    return level >= g_level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view message, const boost::json::object& fields) {
    if (!enabled(level)) return;
    const std::string time = format_time(SystemClock{}.now());
    std::string line;
    if (g_format.load(std::memory_order_relaxed) == Format::json) {
        json::object record{{"time", time}, {"level", label(level)}, {"message", message}};
        for (const auto& field : fields) record[field.key()] = field.value();
        append_json(line, record);
    } else {
        line += time;
        line += ' ';
        line += label(level);
        line += ' ';
        append_single_line(line, message);
        for (const auto& field : fields) {
            line += ' ';
            line += field.key();
            line += '=';
            append_json(line, field.value());
        }
    }
    sink().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace kimbap::log
