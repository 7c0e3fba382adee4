#include "mcp/modern/request.hpp"

#include <utility>

#include "base/text.hpp"
#include "mcp/revision.hpp"

namespace kimbap::mcp::modern {
namespace {

constexpr std::string_view kVersion = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view kClientInfo = "io.modelcontextprotocol/clientInfo";
constexpr std::string_view kCapabilities = "io.modelcontextprotocol/clientCapabilities";
constexpr std::string_view kLogLevel = "io.modelcontextprotocol/logLevel";

Rejection malformed(std::string message) {
    return {invalid_params(std::move(message)), 400};
}

Rejection mismatch(std::string message) {
    return {ProtocolError{code::kHeaderMismatch, "Header mismatch: " + std::move(message), {}},
            400};
}

Rejection unsupported(std::string_view requested) {
    json::array supported;
    supported.emplace_back(name(kModern));
    json::object data;
    data["supported"] = std::move(supported);
    data["requested"] = requested;
    return {
        ProtocolError{code::kUnsupportedVersion, "Unsupported protocol version", std::move(data)},
        400};
}

std::optional<Rejection> check_headers(const HeaderLookup& headers, std::string_view version,
                                       std::string_view method) {
    const auto sent_version = headers("MCP-Protocol-Version");
    if (!sent_version) return mismatch("the MCP-Protocol-Version header is missing");
    if (trim(*sent_version) != version) {
        return mismatch("MCP-Protocol-Version is '" + std::string(trim(*sent_version)) +
                        "', _meta says '" + std::string(version) + "'");
    }
    if (version != name(kModern)) return std::nullopt;  // Refused as unsupported, not for headers.
    const auto sent_method = headers("Mcp-Method");
    if (!sent_method) return mismatch("the Mcp-Method header is missing");
    if (trim(*sent_method) != method) {
        return mismatch("Mcp-Method is '" + std::string(trim(*sent_method)) +
                        "', the body's method is '" + std::string(method) + "'");
    }
    return std::nullopt;
}

std::string string_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

bool has_modern_meta(const json::value& message) {
    const auto* object = message.if_object();
    const auto* params = object ? object->if_contains("params") : nullptr;
    const auto* params_object = params ? params->if_object() : nullptr;
    const auto* meta = params_object ? params_object->if_contains("_meta") : nullptr;
    return meta && meta->is_object() && meta->get_object().contains(kVersion);
}

std::variant<Request, Rejection> open_request(Message&& message, const HeaderLookup& headers) {
    Request request{std::move(message), nullptr};
    auto& params = request.message.params;
    auto* sent = params.if_contains("_meta");
    if (!sent || !sent->is_object()) {
        return malformed("params._meta must be an object (revision 2026-07-28, General fields)");
    }
    request.meta = std::move(sent->get_object());
    params.erase("_meta");
    auto& meta = request.meta;

    const auto* version = meta.if_contains(kVersion);
    if (!version || !version->is_string()) {
        return malformed("_meta needs \"" + std::string(kVersion) + "\", a string");
    }
    auto profile = std::make_shared<ClientProfile>();
    profile->revision = version->get_string();
    if (headers) {
        auto rejection = check_headers(headers, profile->revision, request.message.method);
        if (rejection) return std::move(*rejection);
    }
    if (profile->revision != name(kModern)) return unsupported(profile->revision);

    auto* capabilities = meta.if_contains(kCapabilities);
    if (!capabilities || !capabilities->is_object()) {
        return malformed("_meta needs \"" + std::string(kCapabilities) + "\", an object");
    }
    profile->capabilities = std::move(capabilities->get_object());
    if (const auto* info = meta.if_contains(kClientInfo); info && info->is_object()) {
        const auto& object = info->get_object();
        profile->info = {string_of(object, "name"), string_of(object, "version"),
                         string_of(object, "title")};
    }
    if (const auto* level = meta.if_contains(kLogLevel)) {
        request.log_level =
            level->is_string() ? parse_log_level(level->get_string()) : std::nullopt;
        if (!request.log_level) {
            return malformed("_meta[\"" + std::string(kLogLevel) +
                             "\"] must be a level of RFC 5424 in lower case");
        }
    }
    for (const auto key : {kVersion, kClientInfo, kCapabilities, kLogLevel}) meta.erase(key);
    request.client = std::move(profile);
    return request;
}

}  // namespace kimbap::mcp::modern
