#include "manifests/uri_template.hpp"

#include <re2/re2.h>

#include <algorithm>

#include "base/encoding.hpp"

namespace kimbap::manifests {

namespace {

constexpr std::string_view kValue = "([^/?#]+)";
constexpr std::size_t kMaxUri = 8192;

Error bad(std::string message) {
    return make_error(Errc::invalid_config, std::move(message));
}

bool matches(std::string_view text, const char* pattern) {
    return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

/// RFC 6570 section 2.3, without escapes.
bool is_variable(std::string_view name) {
    return matches(name, "[A-Za-z0-9_]+(?:\\.[A-Za-z0-9_]+)*");
}

/// RFC 3986 section 2.
bool is_literal(std::string_view text) {
    return matches(text, "(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=\\[\\]-]|%[0-9A-Fa-f]{2})*");
}

}  // namespace

Result<UriTemplate> UriTemplate::parse(std::string_view text) {
    UriTemplate out;
    std::string pattern;
    if (text.size() > kMaxUri) return bad("longer than 8192 bytes");
    if (!matches(text.substr(0, text.find('{')), "[A-Za-z][A-Za-z0-9+.-]*:.*")) {
        return bad("\"" + std::string(text) +
                   "\" is not a URI (begin it with a scheme, like shop://orders/{order})");
    }
    std::string_view rest = text;
    while (true) {
        const std::size_t open = rest.find('{');
        const std::string_view literal = rest.substr(0, open);
        if (!is_literal(literal)) {
            return bad("\"" + std::string(literal) +
                       "\" has characters that no URI has (percent-encode them)");
        }
        if (literal.empty() && !out.variables_.empty() && open != std::string_view::npos) {
            return bad("two variables with nothing between them (put a / there)");
        }
        out.shape_ += literal;
        pattern += re2::RE2::QuoteMeta(re2::StringPiece(literal.data(), literal.size()));
        if (open == std::string_view::npos) break;
        const std::size_t close = rest.find('}', open);
        const std::string variable(
            rest.substr(open + 1, close == std::string_view::npos ? close : close - open - 1));
        if (close == std::string_view::npos || !is_variable(variable)) {
            return bad("{" + variable +
                       "} is not a variable (letters, digits, _ and ., like {order})");
        }
        if (std::find(out.variables_.begin(), out.variables_.end(), variable) !=
            out.variables_.end()) {
            return bad("{" + variable + "} stands there twice");
        }
        out.variables_.push_back(variable);
        out.shape_ += "{}";
        pattern += kValue;
        rest.remove_prefix(close + 1);
    }
    out.pattern_ = std::make_shared<const re2::RE2>(pattern);
    return out;
}

std::optional<UriTemplate::Values> UriTemplate::match(std::string_view uri) const {
    if (uri.size() > kMaxUri) return std::nullopt;
    std::vector<re2::StringPiece> groups(variables_.size() + 1);
    const re2::StringPiece whole(uri.data(), uri.size());
    if (!pattern_->Match(whole, 0, uri.size(), re2::RE2::ANCHOR_BOTH, groups.data(),
                         static_cast<int>(groups.size()))) {
        return std::nullopt;
    }
    Values out;
    for (std::size_t i = 0; i < variables_.size(); ++i) {
        const re2::StringPiece& group = groups[i + 1];
        auto value = percent_decode({group.data(), group.size()});
        if (!value || !is_utf8(*value)) return std::nullopt;
        out.emplace_back(variables_[i], std::move(*value));
    }
    return out;
}

}  // namespace kimbap::manifests
