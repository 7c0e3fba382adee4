#pragma once

#include <string>
#include <string_view>

#include "mcp/options.hpp"
#include "mcp/outcome.hpp"
#include "mcp/providers.hpp"
#include "mcp/revision.hpp"

/// Answers as the revisions up to 2025-11-25 write them.
namespace kimbap::mcp::legacy {

/// The whole response message to `id` (JSON text). Takes the outcome apart.
[[nodiscard]] std::string response(std::string_view id, Revision revision, Outcome&& outcome);

/// The answer to initialize.
[[nodiscard]] std::string initialize_response(std::string_view id, Revision revision,
                                              const ServerOptions& options,
                                              const Providers& providers);

/// The error as these eras code it.
[[nodiscard]] ProtocolError to_wire(const ProtocolError& error);

}  // namespace kimbap::mcp::legacy
