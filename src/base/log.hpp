#pragma once

#include <boost/json/object.hpp>
#include <string_view>

namespace kimbap::log {

enum class Level { debug, info, warn, error, off };
enum class Format { text, json };

/// Sets where diagnostics go (always stderr: stdout belongs to results and, under `kimbap mcp`, to
/// MCP messages), from which level, and in which form. Called once at start; thread-safe after.
void configure(Level level, Format format);

[[nodiscard]] bool enabled(Level level) noexcept;

/// Writes one line: the message, then the fields as key=value (text) or members (json). Neither may
/// hold a secret: pass names and lengths.
void write(Level level, std::string_view message, const boost::json::object& fields = {});

inline void debug(std::string_view message, const boost::json::object& fields = {}) {
    if (enabled(Level::debug)) write(Level::debug, message, fields);
}
inline void info(std::string_view message, const boost::json::object& fields = {}) {
    write(Level::info, message, fields);
}
inline void warn(std::string_view message, const boost::json::object& fields = {}) {
    write(Level::warn, message, fields);
}
inline void error(std::string_view message, const boost::json::object& fields = {}) {
    write(Level::error, message, fields);
}

}  // namespace kimbap::log
