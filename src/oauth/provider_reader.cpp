#include "oauth/provider_reader.hpp"

#include <algorithm>
#include <array>

#include "base/http_token.hpp"
#include "base/text.hpp"

namespace kimbap::oauth {

namespace {

constexpr std::array<std::string_view, 3> kFlows{"authorization_code", "device",
                                                 "client_credentials"};
constexpr std::array<std::string_view, 3> kAuthentications{"client_secret_basic",
                                                           "client_secret_post", "none"};
constexpr std::array<std::string_view, 2> kFormats{"form", "json"};
constexpr std::array<std::string_view, 4> kStyles{"rfc7009", "json", "bearer", "github"};
constexpr std::array<std::string_view, 3> kLoopbackHosts{"127.0.0.1", "localhost", "[::1]"};

class Reader {
public:
    Reader(const YamlReader& root, const manifests::PlainHttpAllowed& plain)
        : root_(root), plain_(plain) {}

    Provider read() {
        if (!root_.expect_map({"name", "description", "issuer", "authorization_endpoint",
                               "token_endpoint", "device_authorization_endpoint",
                               "revocation_endpoint", "flows", "client", "scopes", "origins",
                               "authorization_parameters", "loopback", "quirks"})) {
            return std::move(out_);
        }
        out_.file = root_.file();
        out_.name = root_.require("name").string();
        if (!out_.name.empty() && !is_connection_word(out_.name)) {
            root_.get("name").fault("\"" + out_.name +
                                    "\" is not a provider name (lower-case letters, digits and -)");
        }
        out_.description = root_.get("description").string();
        read_endpoints();
        read_flows();
        read_client();
        out_.scopes = words(root_.get("scopes"), "scope");
        out_.origins = root_.get("origins").strings();
        for (const std::string& origin : out_.origins) {
            const std::size_t authority = origin.find("://");
            if (authority == std::string::npos || origin.find('/', authority + 3) != origin.npos) {
                root_.get("origins").fault("\"" + origin +
                                           "\" is not an origin (like https://api.example.com)");
            }
        }
        out_.authorization_parameters = pairs(root_.get("authorization_parameters"));
        read_loopback(root_.get("loopback"));
        read_quirks(root_.get("quirks"));
        return std::move(out_);
    }

private:
    std::string url(std::string_view key, bool template_allowed = false) {
        const YamlReader reader = root_.get(key);
        const std::string text = reader.string();
        if (text.empty()) return "";
        std::string checked = text;
        if (template_allowed) {
            const std::size_t at = checked.find("{client_id}");
            if (at != std::string::npos) checked.replace(at, 11, "id");
        }
        if (const std::string wrong = manifests::base_url_fault(checked, plain_); !wrong.empty()) {
            reader.fault(wrong);
        }
        return text;
    }

    void read_endpoints() {
        out_.issuer = url("issuer");
        out_.endpoints.authorization = url("authorization_endpoint");
        out_.endpoints.token = url("token_endpoint");
        out_.endpoints.device_authorization = url("device_authorization_endpoint");
        out_.endpoints.revocation = url("revocation_endpoint", true);
        out_.discovered = out_.endpoints.token.empty();
        if (out_.discovered && out_.issuer.empty()) {
            root_.fault(
                "neither \"token_endpoint\" nor \"issuer\" is there (write the endpoints, "
                "or the issuer whose metadata names them)");
        }
    }

    void read_flows() {
        const YamlReader flows = root_.require("flows");
        for (const YamlReader& flow : flows.elements()) {
            out_.flows.push_back(static_cast<Flow>(flow.choice(kFlows, 0)));
        }
        if (out_.discovered) return;
        const auto needs = [&](Flow flow, const std::string& endpoint, std::string_view key) {
            if (out_.offers(flow) && endpoint.empty()) {
                flows.fault("the flow " + std::string(oauth::name(flow)) + " needs \"" +
                            std::string(key) + "\" (add it, or leave the flow out)");
            }
        };
        needs(Flow::authorization_code, out_.endpoints.authorization, "authorization_endpoint");
        needs(Flow::device, out_.endpoints.device_authorization, "device_authorization_endpoint");
    }

    void read_client() {
        const YamlReader client = root_.get("client");
        out_.client_id_ref = std::string(kVaultPrefix) + out_.name + "/client_id";
        out_.client_secret_ref = std::string(kVaultPrefix) + out_.name + "/client_secret";
        if (client.absent() || !client.expect_map({"authentication", "id", "secret_ref"})) return;
        out_.authentication = static_cast<ClientAuthentication>(
            client.get("authentication").choice(kAuthentications, 0));
        out_.client_id = client.get("id").string();
        const YamlReader secret = client.get("secret_ref");
        if (secret.absent()) return;
        out_.client_secret_ref = secret.string();
        if (out_.authentication == ClientAuthentication::none) {
            secret.fault("a public client has no secret (remove it, or change authentication)");
        }
        if (!out_.client_secret_ref.starts_with(kVaultPrefix)) {
            secret.fault("\"" + out_.client_secret_ref +
                         "\" may be named by manifests too (use a name under " +
                         std::string(kVaultPrefix) + ", which they can't)");
        }
    }

    void read_loopback(const YamlReader& reader) {
        if (reader.absent() || !reader.expect_map({"allowed", "host", "port", "path"})) return;
        Loopback& loopback = out_.loopback;
        loopback.allowed = reader.get("allowed").boolean(true);
        if (!reader.get("host").absent()) {
            loopback.host = kLoopbackHosts[reader.get("host").choice(kLoopbackHosts, 0)];
        }
        loopback.port = static_cast<std::uint16_t>(reader.get("port").integer(0, 0, 65535));
        loopback.path = reader.get("path").string(loopback.path);
        if (!loopback.path.starts_with('/') || !manifests::is_url_path(loopback.path)) {
            reader.get("path").fault("not a path (like /callback)");
        }
    }

    void read_quirks(const YamlReader& reader) {
        if (reader.absent() ||
            !reader.expect_map({"scope_separator", "pkce", "token_request", "token_headers",
                                "token_path", "account_path", "any_token_type", "permanent_errors",
                                "revocation"})) {
            return;
        }
        out_.scope_separator = reader.get("scope_separator").string(out_.scope_separator);
        out_.pkce = reader.get("pkce").boolean(true);
        out_.token_request =
            static_cast<TokenRequestFormat>(reader.get("token_request").choice(kFormats, 0));
        out_.token_headers = pairs(reader.get("token_headers"));
        for (const auto& [header, value] : out_.token_headers) {
            if (is_token(header)) continue;
            reader.get("token_headers").fault("\"" + header + "\" is not a header name");
        }
        out_.token_path = reader.get("token_path").string();
        out_.account_path = reader.get("account_path").string();
        out_.any_token_type = reader.get("any_token_type").boolean(false);
        out_.permanent_errors = reader.get("permanent_errors").strings();
        out_.revocation = static_cast<RevocationStyle>(reader.get("revocation").choice(kStyles, 0));
        if (!out_.pkce && out_.authentication == ClientAuthentication::none) {
            reader.get("pkce").fault(
                "a public client without PKCE would let anybody use a code "
                "that leaked (leave it on)");
        }
    }

    static std::vector<std::string> words(const YamlReader& reader, std::string_view what) {
        std::vector<std::string> found = reader.strings();
        for (const std::string& word : found) {
            const bool whole = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
                return c > 0x20 && c < 0x7F && c != '"' && c != '\\';
            });
            if (!whole) reader.fault("\"" + word + "\" is not a " + std::string(what));
        }
        return found;
    }

    static std::vector<std::pair<std::string, std::string>> pairs(const YamlReader& reader) {
        std::vector<std::pair<std::string, std::string>> out;
        if (reader.absent() || reader.is_null()) return out;
        if (!reader.is_map()) reader.fault("not a map of names to values (like {prompt: consent})");
        for (const auto& [key, value] : reader.members()) out.emplace_back(key, value.string());
        return out;
    }

    const YamlReader& root_;
    const manifests::PlainHttpAllowed& plain_;
    Provider out_;
};

}  // namespace

Provider read_provider(const YamlReader& root, const manifests::PlainHttpAllowed& plain) {
    return Reader(root, plain).read();
}

}  // namespace kimbap::oauth
