#include "manifests/injection.hpp"

#include <algorithm>
#include <utility>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"

namespace kimbap::manifests {

namespace {

/// The longest escape of one byte in JSON, "\u001f".
constexpr std::size_t kLongestJsonEscape = 6;

bool sendable_in_header(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    });
}

Injection in_header(RenderedRequest& request, std::string_view name, Secret value) {
    std::erase_if(request.headers, [&](const auto& header) { return iequals(header.first, name); });
    return {Injection::Place::header, std::string(name), std::move(value)};
}

/// `name`=`secret` as application/x-www-form-urlencoded and queries have it.
Secret encoded_pair(std::string_view name, std::string_view secret) {
    std::string encoded = percent_encode(secret);
    Secret pair = Secret::join({percent_encode(name), "=", encoded});
    wipe(encoded.data(), encoded.size());
    return pair;
}

Secret json_body(const json::object& fields, std::string_view name, std::string_view secret) {
    std::string quoted;
    quoted.reserve(secret.size() * kLongestJsonEscape + 2);
    append_json_string(quoted, secret);
    std::string key;
    append_json_string(key, name);
    std::string others;
    append_json(others, fields);
    others.pop_back();
    Secret body = Secret::join({others, fields.empty() ? "" : ",", key, ":", quoted, "}"});
    wipe(quoted.data(), quoted.size());
    return body;
}

Result<Injection> in_body(RenderedRequest& request, const std::string& name,
                          std::string_view secret) {
    if (!request.fields && !request.body.empty()) {
        return make_error(Errc::invalid_argument,
                          "the credential goes into a body field, but this action's body has no "
                          "fields");
    }
    json::object fields = request.fields.value_or(json::object{});
    fields.erase(name);
    Injection out{Injection::Place::body, {}, {}};
    if (request.encoding == Encoding::form) {
        const std::string others = form_of(fields);
        const Secret own = encoded_pair(name, secret);
        out.name = "application/x-www-form-urlencoded";
        out.value = Secret::join({others, others.empty() ? "" : "&", own.reveal()});
    } else {
        out.name = "application/json";
        out.value = json_body(fields, name, secret);
    }
    return out;
}

}  // namespace

Result<Injection> inject(RenderedRequest& request, const Auth& auth, std::string_view secret) {
    const bool header = auth.type == AuthType::bearer || auth.type == AuthType::oauth2 ||
                        auth.type == AuthType::header;
    if (header && !sendable_in_header(secret)) {
        return make_error(Errc::invalid_argument,
                          "the secret " + auth.credential_ref +
                              " can't be sent in a header (it has control characters: set it again "
                              "without line breaks)");
    }
    switch (auth.type) {
        case AuthType::none:
            return Injection{};
        case AuthType::bearer:
        case AuthType::oauth2:
            return in_header(request, "Authorization", Secret::join({"Bearer ", secret}));
        case AuthType::basic: {
            if (secret.find(':') == std::string_view::npos) {
                return make_error(Errc::invalid_argument, "the secret " + auth.credential_ref +
                                                              " must be user:password for basic "
                                                              "authentication (set it again)");
            }
            std::string encoded = base64_encode(secret);
            Secret value = Secret::join({"Basic ", encoded});
            wipe(encoded.data(), encoded.size());
            return in_header(request, "Authorization", std::move(value));
        }
        case AuthType::header:
            return in_header(request, auth.field, Secret::join({auth.prefix, secret}));
        case AuthType::query:
            std::erase_if(request.query,
                          [&](const auto& pair) { return pair.first == auth.field; });
            return Injection{Injection::Place::query, auth.field, encoded_pair(auth.field, secret)};
        case AuthType::body:
            return in_body(request, auth.field, secret);
    }
    return Injection{};
}

}  // namespace kimbap::manifests
