#include <utility>

#include "conformance/fixture.hpp"

namespace kimbap::mcp::conformance {
namespace {

constexpr std::string_view kTemplateStart = "test://template/";
constexpr std::string_view kTemplateEnd = "/data";

ReadResult one(std::string uri, std::string mime_type, std::string body, bool is_blob = false) {
    ResourceContents contents;
    contents.uri = std::move(uri);
    contents.mime_type = std::move(mime_type);
    contents.body = std::move(body);
    contents.is_blob = is_blob;
    ReadResult result;
    result.contents.push_back(std::move(contents));
    return result;
}

}  // namespace

FixtureResources::FixtureResources() {
    const CacheHints cache{std::chrono::seconds(60), true};
    resources_ = ItemList::create(
        {{"test://static-binary",
          R"({"uri":"test://static-binary","name":"static-binary","mimeType":"image/png"})"},
         {"test://static-text",
          R"({"uri":"test://static-text","name":"static-text","mimeType":"text/plain"})"},
         {"test://watched-resource",
          R"({"uri":"test://watched-resource","name":"watched-resource","mimeType":"text/plain"})"}},
        cache);
    templates_ = ItemList::create(
        {{"test://template/{id}/data",
          R"({"uriTemplate":"test://template/{id}/data","name":"template","mimeType":"application/json"})"}},
        cache);
}

Task<PageOutcome> FixtureResources::list(RequestContext&, ListRequest request) {
    co_return resources_->page(request.cursor, request.page_size);
}

Task<PageOutcome> FixtureResources::list_templates(RequestContext&, ListRequest request) {
    co_return templates_->page(request.cursor, request.page_size);
}

Task<ReadOutcome> FixtureResources::read(RequestContext&, ResourceRead request) {
    const std::string_view uri = request.uri;
    if (uri == "test://static-text") {
        co_return one(request.uri, "text/plain",
                      "This is the content of the static text resource.");
    }
    if (uri == "test://static-binary") co_return one(request.uri, "image/png", kPng, true);
    if (uri == "test://watched-resource") co_return one(request.uri, "text/plain", "Watched");
    if (uri.starts_with(kTemplateStart) && uri.ends_with(kTemplateEnd) &&
        uri.size() > kTemplateStart.size() + kTemplateEnd.size()) {
        const auto id = uri.substr(kTemplateStart.size(),
                                   uri.size() - kTemplateStart.size() - kTemplateEnd.size());
        co_return one(request.uri, "application/json",
                      R"({"id":")" + std::string(id) + R"(","templateTest":true})");
    }
    co_return resource_not_found(uri);
}

Task<std::optional<ProtocolError>> FixtureResources::subscribe(RequestContext&, std::string uri) {
    if (uri.starts_with("test://")) co_return std::nullopt;
    co_return resource_not_found(uri);
}

}  // namespace kimbap::mcp::conformance
