#include "mcp/legacy/content.hpp"

#include <utility>

namespace kimbap::mcp::legacy {

bool knows(Revision revision, const Content& content) noexcept {
    if (std::holds_alternative<AudioContent>(content.body)) {
        return revision >= Revision::v2025_03_26;
    }
    if (std::holds_alternative<ResourceLink>(content.body)) {
        return revision >= Revision::v2025_06_18;
    }
    return true;
}

Content degrade(Content content) {
    if (auto* audio = std::get_if<AudioContent>(&content.body)) {
        ResourceContents resource;
        resource.uri = "content:audio";
        resource.mime_type = std::move(audio->mime_type);
        resource.body = std::move(audio->data);
        resource.is_blob = true;
        content.body = EmbeddedResource{std::move(resource)};
    } else if (const auto* link = std::get_if<ResourceLink>(&content.body)) {
        std::string text = "Resource " + link->uri;
        const auto& label = link->title.empty() ? link->name : link->title;
        if (!label.empty()) text += " (" + label + ")";
        if (!link->description.empty()) text += ": " + link->description;
        content.body = TextContent{std::move(text)};
    }
    return content;
}

void degrade_for(Revision revision, ToolResult& result) {
    if (revision >= Revision::v2025_06_18) return;
    for (auto& content : result.content) {
        if (!knows(revision, content)) content = degrade(std::move(content));
    }
}

void degrade_for(Revision revision, PromptResult& result) {
    if (revision >= Revision::v2025_06_18) return;
    for (auto& message : result.messages) {
        if (!knows(revision, message.content)) {
            message.content = degrade(std::move(message.content));
        }
    }
}

}  // namespace kimbap::mcp::legacy
