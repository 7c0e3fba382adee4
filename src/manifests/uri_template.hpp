#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace re2 {
class RE2;
}

namespace kimbap::manifests {

/// A URI with {variables}, or without any (RFC 6570, level 1: simple expansion). Immutable, cheap
/// to copy; thread-safe.
class UriTemplate {
public:
    /// Errors: invalid_config, with what is wrong and what would be right: no absolute URI, braces
    /// around what names no variable, a variable twice, two with nothing between them.
    static Result<UriTemplate> parse(std::string_view text);

    [[nodiscard]] const std::vector<std::string>& variables() const noexcept { return variables_; }
    /// Equal for templates that the same URIs come of.
    [[nodiscard]] const std::string& shape() const noexcept { return shape_; }

    using Values = std::vector<std::pair<std::string, std::string>>;
    /// The variables' values, decoded, where `uri` (untrusted) comes of this template. A value ends
    /// at '/', '?' and '#', is not empty, and is UTF-8. Linear in the URI's length.
    [[nodiscard]] std::optional<Values> match(std::string_view uri) const;

private:
    UriTemplate() = default;
    std::vector<std::string> variables_;
    std::string shape_;
    std::shared_ptr<const re2::RE2> pattern_;
};

}  // namespace kimbap::manifests
