// HTTP header values that mirror the body, the annotations that ask for them, Host and Origin. The
// input's lines are, in turn: a header's value, a host, an origin, a tool's schema, its arguments.
#include <array>
#include <string>

#include "base/json_text.hpp"
#include "fuzz/fuzz.hpp"
#include "mcp/modern/headers.hpp"
#include "mcp/providers.hpp"
#include "mcp/transport/http_guard.hpp"

namespace kimbap::fuzz {
namespace {

using Fields = std::array<std::string_view, 5>;

Fields fields_of(std::string_view text) {
    Fields fields;
    for (std::size_t i = 0; i + 1 < fields.size(); ++i) {
        const auto end = text.find('\n');
        fields[i] = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    fields.back() = text;
    return fields;
}

boost::json::object object_of(std::string_view text) {
    auto value = parse_json(text);
    return value && value->is_object() ? std::move(value->get_object()) : boost::json::object();
}

void check_value(std::string_view value) {
    using namespace mcp::modern;
    const auto encoded = encode_header(value);
    const auto decoded = decode_header(encoded);
    require(decoded && *decoded == value, "a value survives its header");
    for (const char c : encoded) {
        require(c == '\t' || (c >= 0x20 && c <= 0x7e), "a header holds visible ASCII");
    }
    static_cast<void>(decode_header(value));
}

void check_params(const Fields& fields) {
    using namespace mcp::modern;
    const auto read = mcp::header_params_of(object_of(fields[3]));
    const auto* declared = std::get_if<mcp::HeaderParams>(&read);
    const auto arguments = object_of(fields[4]);
    const std::string encoded = encode_header(fields[0]);
    const HeaderLookup sent = [&](std::string_view) { return std::string_view(encoded); };
    const HeaderLookup none = [](std::string_view) { return std::optional<std::string_view>(); };
    if (declared != nullptr) {
        const auto mismatch = check_param_headers(sent, *declared, arguments);
        require(declared->empty() ? !mismatch : true, "nothing declared, nothing refused");
        static_cast<void>(check_param_headers(none, *declared, arguments));
    }
    for (const auto* method : {"tools/call", "resources/read", "tasks/get", "ping"}) {
        static_cast<void>(check_name_header(sent, method, arguments));
        const auto name = name_header(method, arguments);
        if (!name) continue;
        const HeaderLookup right = [&](std::string_view) { return std::string_view(*name); };
        require(!check_name_header(right, method, arguments), "the right name is accepted");
        require(check_name_header(none, method, arguments).has_value(), "a missing one is not");
    }
}

void check_guard(std::string_view host, std::string_view origin) {
    static const mcp::HttpGuard guard({}, {});
    const auto refused = guard.refusal(host, origin);
    if (refused) return;
    // Whatever is let in names this machine: that is what stops DNS rebinding.
    bool local = false;
    for (const auto* name : {"localhost", "127.0.0.1", "[::1]"}) {
        const std::string_view expected(name);
        const auto same = host.size() >= expected.size() &&
                          strncasecmp(host.data(), expected.data(), expected.size()) == 0;
        const auto rest = same ? host.substr(expected.size()) : std::string_view();
        local = local || (same && (rest.empty() || rest.front() == ':'));
    }
    require(local, "only loopback names are served");
    require(origin.size() > host.size(), "an origin names a scheme and the host");
}

}  // namespace
}  // namespace kimbap::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace kimbap::fuzz;
    const auto fields = fields_of(text_of(data, size));
    check_value(fields[0]);
    check_value(text_of(data, size));
    check_params(fields);
    check_guard(fields[1], fields[2]);
    return 0;
}
