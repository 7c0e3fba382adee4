#pragma once

#include <string>
#include <string_view>

#include "mcp/options.hpp"
#include "mcp/outcome.hpp"
#include "mcp/providers.hpp"

/// Answers as revision 2026-07-28 writes them.
namespace kimbap::mcp::modern {

/// What every result repeats, built once.
class ResponseWriter {
public:
    ResponseWriter(const ServerOptions& options, const Providers& providers);

    /// The whole response message to `id` (JSON text).
    [[nodiscard]] std::string response(std::string_view id, const Outcome& outcome) const;
    /// The answer to server/discover.
    [[nodiscard]] std::string discover(std::string_view id) const;
    /// The answer that ends a subscriptions/listen stream in good order.
    [[nodiscard]] std::string listen_closed(std::string_view id) const;

private:
    void append_result(std::string& out, const Outcome& outcome) const;
    void append_cache(std::string& out, const std::optional<CacheHints>& cache) const;
    void append_meta(std::string& out, const json::object& meta) const;

    CacheHints cache_;
    std::string server_info_;  ///< The member of _meta, as text.
    std::string discover_result_;
};

/// A task's members without braces, with its outcome where `detailed`.
void append_task_members(std::string& out, const TaskState& task, bool detailed);

/// The error as this era codes it.
[[nodiscard]] ProtocolError to_wire(const ProtocolError& error);
/// The status that an error as the whole answer to a POST has (Streamable HTTP).
[[nodiscard]] int http_status(const ProtocolError& error) noexcept;

}  // namespace kimbap::mcp::modern
