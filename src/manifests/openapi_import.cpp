#include "manifests/openapi_import.hpp"

#include <array>
#include <boost/json/array.hpp>

#include "base/text.hpp"
#include "manifests/openapi_operation.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::array<std::string_view, 7> kMethods{"get",    "post", "put",    "patch",
                                                   "delete", "head", "options"};

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(c & ~0x20);
    return out;
}

class Importer {
public:
    Importer(const json::object& document, const json::value& whole, const OpenApiOptions& options)
        : document_(document), schemas_(whole), options_(options) {}

    Result<ImportedManifest> run() {
        const json::object* info = member(document_, "info");
        const std::string title = info == nullptr ? "" : text(*info, "title");
        json::object& out = out_.manifest;
        out["name"] = options_.name.empty() ? name_of(title) : options_.name;
        if (out.at("name").get_string().empty()) {
            return make_error(Errc::invalid_argument, "the document has no title (give --name)");
        }
        if (info != nullptr && !text(*info, "version").empty())
            out["version"] = text(*info, "version");
        if (!title.empty()) out["description"] = title;
        auto url = base_url();
        if (!url) return url.error();
        out["base_url"] = *url;
        service_auth_ = auth_of(document_.if_contains("security"), "");
        out["auth"] = service_auth_;
        json::object actions = import_actions();
        if (actions.empty()) {
            return make_error(Errc::invalid_argument, "the document has no operation to import");
        }
        out["actions"] = std::move(actions);
        return std::move(out_);
    }

private:
    static const json::object* member(const json::object& object, std::string_view key) {
        const json::value* found = object.if_contains(key);
        return found == nullptr ? nullptr : found->if_object();
    }
    static std::string text(const json::object& object, std::string_view key) {
        const json::value* found = object.if_contains(key);
        return found != nullptr && found->is_string() ? std::string(found->get_string()) : "";
    }

    Result<std::string> base_url() const {
        if (!options_.base_url.empty()) return options_.base_url;
        const json::value* servers = document_.if_contains("servers");
        const json::object* server =
            servers != nullptr && servers->is_array() && !servers->get_array().empty()
                ? servers->get_array()[0].if_object()
                : nullptr;
        std::string url = server == nullptr ? "" : text(*server, "url");
        const json::object* variables = server == nullptr ? nullptr : member(*server, "variables");
        if (variables != nullptr) {
            for (const auto& one : *variables) {
                const std::string mark = "{" + std::string(one.key()) + "}";
                const std::size_t at = url.find(mark);
                if (at == std::string::npos || !one.value().is_object()) continue;
                url.replace(at, mark.size(), text(one.value().get_object(), "default"));
            }
        }
        while (url.ends_with('/')) url.pop_back();
        if (url.find("://") == std::string::npos || url.find('{') != std::string::npos) {
            return make_error(Errc::invalid_argument,
                              "the document names no server with a whole URL (give --base-url)");
        }
        return url;
    }

    /// The first of the alternatives that kimbap can do.
    json::object auth_of(const json::value* security, const std::string& where) {
        const json::object* components = member(document_, "components");
        const json::object* schemes =
            components == nullptr ? nullptr : member(*components, "securitySchemes");
        if (security == nullptr || !security->is_array() || schemes == nullptr) {
            return {{"type", "none"}};
        }
        bool wanted = false;
        for (const auto& alternative : security->get_array()) {
            if (!alternative.is_object() || alternative.get_object().empty()) continue;
            wanted = true;
            if (alternative.get_object().size() > 1) continue;
            const std::string_view name = alternative.get_object().begin()->key();
            const json::object* scheme = schemas_.object(schemes->if_contains(name));
            json::object auth = scheme == nullptr ? json::object{} : auth_by(*scheme);
            if (!auth.empty()) return auth;
        }
        if (wanted)
            out_.notes.push_back(where + "its authentication can't be done: write auth by hand");
        return {{"type", "none"}};
    }

    json::object auth_by(const json::object& scheme) const {
        const std::string type = text(scheme, "type");
        const std::string kind = to_lower(text(scheme, "scheme"));
        const std::string ref = std::string(out_.manifest.at("name").get_string()) + ".token";
        if (type == "http" && kind == "basic") return {{"type", "basic"}, {"credential_ref", ref}};
        if (type == "oauth2" || type == "openIdConnect" || (type == "http" && kind == "bearer")) {
            return {{"type", "bearer"}, {"credential_ref", ref}};
        }
        const std::string in = text(scheme, "in");
        if (type == "apiKey" && in == "header") {
            return {
                {"type", "header"}, {"header_name", text(scheme, "name")}, {"credential_ref", ref}};
        }
        if (type == "apiKey" && in == "query") {
            return {
                {"type", "query"}, {"query_param", text(scheme, "name")}, {"credential_ref", ref}};
        }
        return {};
    }

    json::object import_actions() {
        json::object actions;
        const json::object* paths = member(document_, "paths");
        if (paths == nullptr) return actions;
        for (const auto& entry : *paths) {
            const json::object* item = schemas_.object(&entry.value());
            if (item == nullptr || !entry.key().starts_with("/")) continue;
            for (const std::string_view method : kMethods) {
                const json::object* operation = member(*item, method);
                if (operation != nullptr) add(actions, entry.key(), method, *item, *operation);
            }
        }
        return actions;
    }

    void add(json::object& actions, std::string_view path, std::string_view method,
             const json::object& item, const json::object& operation) {
        const std::string verb = upper(method);
        json::object action =
            import_operation(schemas_, {path, verb, &item, &operation}, out_.notes);
        if (action.empty()) return;
        std::string name = name_of(text(operation, "operationId"));
        if (name.empty()) name = name_of(std::string(method) + " " + std::string(path));
        if (actions.contains(name)) name = name_of(std::string(method) + " " + name);
        const std::string stem = name;
        for (int i = 2; actions.contains(name); ++i) name = stem + "-" + std::to_string(i);
        if (const json::value* security = operation.if_contains("security")) {
            json::object auth = auth_of(security, verb + " " + std::string(path) + ": ");
            if (auth != service_auth_) action["auth"] = std::move(auth);
        }
        actions[name] = std::move(action);
    }

    const json::object& document_;
    OpenApiSchemas schemas_;
    const OpenApiOptions& options_;
    json::object service_auth_;
    ImportedManifest out_;
};

}  // namespace

Result<ImportedManifest> import_openapi(const json::value& document,
                                        const OpenApiOptions& options) {
    const auto* object = document.if_object();
    const json::value* version = object == nullptr ? nullptr : object->if_contains("openapi");
    if (version == nullptr || !version->is_string() || !version->get_string().starts_with("3.")) {
        return make_error(Errc::invalid_argument,
                          "not an OpenAPI 3 document (it has no \"openapi\": \"3.…\")");
    }
    return Importer(*object, document, options).run();
}

}  // namespace kimbap::manifests
