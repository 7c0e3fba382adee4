#include "approval/shortened.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

#include "base/digest.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::approval {

namespace {

/// Longer strings are cut where the parameters are too long, to so much.
constexpr std::size_t kLongString = 300;
constexpr std::size_t kKept = 200;

/// Copies values as long as there is room for them.
class Cutter {
public:
    explicit Cutter(std::size_t room) : room_(room) {}

    json::value cut(const json::value& value) {
        if (const auto* object = value.if_object()) return json::value(cut(*object));
        if (const auto* array = value.if_array()) return json::value(cut(*array));
        if (const auto* string = value.if_string()) return json::value(cut_text(*string));
        spend(kimbap::to_json(value).size());
        return value;
    }

    json::object cut(const json::object& object) {
        json::object out;
        std::size_t seen = 0;
        spend(2);
        for (const auto& [key, value] : object) {
            if (room_ == 0) {
                out["…"] = more(object.size() - seen);
                break;
            }
            ++seen;
            const std::string name = cut_text(key);
            out[name] = cut(value);
        }
        return out;
    }

private:
    json::array cut(const json::array& array) {
        json::array out;
        spend(2);
        for (const json::value& value : array) {
            if (room_ == 0) {
                out.push_back(json::value(more(array.size() - out.size())));
                break;
            }
            out.push_back(cut(value));
        }
        return out;
    }

    std::string cut_text(std::string_view text) {
        std::string out(text);
        if (text.size() > kLongString) {
            out = std::string(whole_characters(text, kKept)) + "… [" + std::to_string(text.size()) +
                  " bytes, sha256:" + sha256_hex(text) + "]";
        }
        spend(out.size() + 3);
        return out;
    }

    static std::string more(std::size_t count) { return "[" + std::to_string(count) + " more]"; }
    void spend(std::size_t bytes) { room_ -= std::min(room_, bytes); }

    std::size_t room_;
};

}  // namespace

std::string parameters_digest(const json::object& parameters) {
    return "sha256:" + sha256_hex(to_canonical_json(json::value(parameters)));
}

Shortened shorten(const json::object& parameters, std::size_t limit) {
    const std::string whole = to_canonical_json(json::value(parameters));
    Shortened out{parameters, false, whole.size(), "sha256:" + sha256_hex(whole)};
    if (whole.size() <= limit) return out;
    out.cut = true;
    out.parameters = Cutter(limit).cut(parameters);
    return out;
}

void shorten_parameters(json::object& approval) {
    json::value* const parameters = approval.if_contains("parameters");
    if (parameters == nullptr || !parameters->is_object()) return;
    Shortened shown = shorten(parameters->get_object());
    if (!shown.cut) return;
    *parameters = std::move(shown.parameters);
    approval["parameters_digest"] = shown.digest;
}

}  // namespace kimbap::approval
