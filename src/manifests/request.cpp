#include "manifests/request.hpp"

#include <algorithm>
#include <set>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "manifests/json_value.hpp"
#include "manifests/placeholders.hpp"

namespace kimbap::manifests {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A value as it stands in text: strings bare, the rest as JSON.
std::string text_of(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : to_json(with_integers(value));
}

bool sendable_in_header(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    });
}

/// Expands templates over one call's arguments.
class Expander {
public:
    explicit Expander(const json::object& arguments) : arguments_(arguments) {}

    [[nodiscard]] const json::value* find(std::string_view name) const {
        const json::value* found = arguments_.if_contains(name);
        return found != nullptr && !found->is_null() ? found : nullptr;
    }

    /// Whether every placeholder has a value; a template without one always stands.
    [[nodiscard]] bool complete(std::string_view text) const {
        const auto names = placeholders(text);
        return std::all_of(names.begin(), names.end(),
                           [&](const std::string& name) { return find(name) != nullptr; });
    }

    [[nodiscard]] std::string text(std::string_view text) const {
        return substitute(text, [&](std::string_view name) {
            const json::value* value = find(name);
            return value == nullptr ? std::string{} : text_of(*value);
        });
    }

    /// The value of a template; nullopt where it is to be dropped.
    [[nodiscard]] std::optional<json::value> value(const json::value& pattern) const {
        if (const auto* string = pattern.if_string()) {
            const std::string_view name = sole_placeholder(*string);
            if (!name.empty()) {
                // An explicit null is sent as one: only absence drops the field.
                const json::value* found = arguments_.if_contains(name);
                if (found == nullptr) return std::nullopt;
                return with_integers(*found);
            }
            if (!complete(*string)) return std::nullopt;
            return json::value(text(*string));
        }
        if (const auto* array = pattern.if_array()) {
            json::array out;
            for (const auto& element : *array) {
                if (auto expanded = value(element)) out.push_back(std::move(*expanded));
            }
            return json::value(std::move(out));
        }
        if (const auto* object = pattern.if_object()) {
            json::object out;
            for (const auto& member : *object) {
                if (auto expanded = value(member.value())) out[member.key()] = std::move(*expanded);
            }
            // An object whose every field was dropped is dropped too.
            if (out.empty() && !object->empty()) return std::nullopt;
            return json::value(std::move(out));
        }
        return pattern;
    }

private:
    const json::object& arguments_;
};

void add_pairs(Pairs& out, const std::string& key, const json::value& value) {
    if (value.is_null()) return;
    if (const auto* array = value.if_array()) {
        for (const auto& element : *array) {
            if (!element.is_null()) out.emplace_back(key, text_of(element));
        }
    } else {
        out.emplace_back(key, text_of(value));
    }
}

class Renderer {
public:
    Renderer(const Service& service, const Action& action, const json::object& arguments)
        : service_(service), action_(action), arguments_(arguments), expand_(arguments) {}

    Result<RenderedRequest> render() {
        out_.method = action_.method;
        out_.encoding = action_.request.encoding;
        const Result<void> path = render_path();
        if (!path) return path.error();
        if (!action_.request.declared) {
            place_unmapped();
            return std::move(out_);
        }
        for (const auto& [key, pattern] : action_.request.query) {
            if (const auto value = expand_.value(pattern)) add_pairs(out_.query, key, *value);
        }
        for (const auto& [key, pattern] : action_.request.headers) {
            if (!expand_.complete(pattern)) continue;
            std::string text = expand_.text(pattern);
            if (!sendable_in_header(text)) {
                return make_error(Errc::invalid_argument, "the header " + key +
                                                              " would have control characters "
                                                              "(remove line breaks)");
            }
            out_.headers.emplace_back(key, std::move(text));
        }
        if (action_.request.body) {
            const Result<void> body = render_body(*action_.request.body);
            if (!body) return body.error();
        }
        return std::move(out_);
    }

private:
    Result<void> render_path() {
        std::optional<Error> failure;
        const std::string path = substitute(action_.path, [&](std::string_view name) {
            const auto mapped = action_.request.path_params.find(std::string(name));
            const std::string pattern = mapped == action_.request.path_params.end()
                                            ? "{" + std::string(name) + "}"
                                            : mapped->second;
            for (const std::string& used : placeholders(pattern)) in_path_.insert(used);
            const std::string text =
                expand_.complete(pattern) ? expand_.text(pattern) : std::string{};
            if (text.empty() || text == "." || text == "..") {
                failure = make_error(Errc::invalid_argument,
                                     "the path needs " + blamed(pattern) + ", which " +
                                         (text.empty() ? "is empty" : "can't be \"" + text + "\""));
            }
            return percent_encode(text);
        });
        if (failure) return *failure;
        out_.url = service_.base_url + path;
        return {};
    }

    /// The argument that a part of the path lacks, or the template of that part, where all are
    /// there.
    [[nodiscard]] std::string blamed(const std::string& pattern) const {
        for (const std::string& name : placeholders(pattern)) {
            if (expand_.find(name) == nullptr) return "{" + name + "}";
        }
        return pattern;
    }

    void place_unmapped() {
        json::object rest;
        for (const auto& member : arguments_) {
            if (!in_path_.contains(member.key()))
                rest[member.key()] = with_integers(member.value());
        }
        const bool in_query = action_.method == "GET" || action_.method == "HEAD" ||
                              action_.method == "DELETE" || action_.method == "OPTIONS";
        if (in_query) {
            for (const auto& member : rest) add_pairs(out_.query, member.key(), member.value());
        } else if (!rest.empty()) {
            set_json(json::value(std::move(rest)));
        }
    }

    Result<void> render_body(const json::value& pattern) {
        auto value = expand_.value(pattern);
        switch (action_.request.encoding) {
            case Encoding::json:
                if (!value && pattern.is_object()) value = json::value(json::object{});
                if (value) set_json(std::move(*value));
                return {};
            case Encoding::form: {
                const json::object fields =
                    value && value->is_object() ? value->get_object() : json::object{};
                out_.fields = fields;
                out_.content_type = "application/x-www-form-urlencoded";
                out_.body = form_of(fields);
                return {};
            }
            case Encoding::raw:
                if (value) {
                    out_.content_type =
                        value->is_string() ? "text/plain; charset=utf-8" : "application/json";
                    out_.body = text_of(*value);
                }
                return {};
        }
        return {};
    }

    void set_json(json::value value) {
        out_.content_type = "application/json";
        out_.body = to_json(value);
        if (value.is_object()) out_.fields = std::move(value.get_object());
    }

    const Service& service_;
    const Action& action_;
    const json::object& arguments_;
    Expander expand_;
    std::set<std::string, std::less<>> in_path_;
    RenderedRequest out_;
};

std::string encode_component(std::string_view text) {
    std::string out = percent_encode(text);
    for (std::size_t at = out.find("%20"); at != std::string::npos; at = out.find("%20", at)) {
        out.replace(at, 3, "+");
    }
    return out;
}

}  // namespace

std::string form_of(const json::object& fields) {
    Pairs pairs;
    for (const auto& member : fields) add_pairs(pairs, std::string(member.key()), member.value());
    return form_encode(pairs);
}

std::string form_encode(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::string out;
    for (const auto& [key, value] : pairs) {
        if (!out.empty()) out += '&';
        out.append(encode_component(key)).append("=").append(encode_component(value));
    }
    return out;
}

std::string RenderedRequest::full_url() const {
    if (query.empty()) return url;
    std::string out = url + "?";
    bool first = true;
    for (const auto& [key, value] : query) {
        if (!first) out += '&';
        first = false;
        out.append(percent_encode(key)).append("=").append(percent_encode(value));
    }
    return out;
}

std::string RenderedRequest::digest() const {
    json::array pairs;
    for (const auto& [key, value] : headers) pairs.emplace_back(json::array{key, value});
    const json::object whole{{"method", method},
                             {"url", full_url()},
                             {"headers", std::move(pairs)},
                             {"content_type", content_type},
                             {"body", sha256_hex(body)}};
    return sha256_hex(to_canonical_json(whole));
}

void apply_defaults(const Action& action, json::object& arguments) {
    for (const Arg& arg : action.args) {
        if (arg.default_value && !arguments.contains(arg.name)) {
            arguments[arg.name] = *arg.default_value;
        }
    }
}

Result<RenderedRequest> render(const Service& service, const Action& action,
                               const json::object& arguments) {
    return Renderer(service, action, arguments).render();
}

}  // namespace kimbap::manifests
