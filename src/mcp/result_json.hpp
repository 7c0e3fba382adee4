#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/outcome.hpp"
#include "mcp/types.hpp"

/// Writes what all revisions spell alike straight into the answer's text. Functions named
/// append_…_members write a result's members without the braces around them.
namespace kimbap::mcp {

void append_member(std::string& out, std::string_view key, std::string_view text);
void append_content(std::string& out, const Content& content);
void append_resource_contents(std::string& out, const ResourceContents& contents);
void append_implementation(std::string& out, const Implementation& implementation);

/// `with_structured`: whether the client's revision knows structuredContent.
void append_tool_members(std::string& out, const ToolResult& result, bool with_structured);
void append_list_members(std::string& out, const ListOutcome& list);
void append_read_members(std::string& out, const ReadResult& result);
void append_prompt_members(std::string& out, const PromptResult& result);
void append_completion_members(std::string& out, const CompletionResult& result);
void append_input_requests(std::string& out, const std::vector<InputRequired::Request>& requests);

}  // namespace kimbap::mcp
