#pragma once

#include "mcp/revision.hpp"
#include "mcp/types.hpp"

namespace kimbap::mcp::legacy {

/// Whether a client of `revision` knows this kind of block.
[[nodiscard]] bool knows(Revision revision, const Content& content) noexcept;

/// The block in terms that every revision knows: audio (unknown to 2024-11-05) as an embedded
/// resource with the same bytes, a resource link (unknown before 2025-06-18) as text with its URI.
[[nodiscard]] Content degrade(Content content);

/// Degrades, in place, what a client of `revision` doesn't know.
void degrade_for(Revision revision, ToolResult& result);
void degrade_for(Revision revision, PromptResult& result);

}  // namespace kimbap::mcp::legacy
