#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace kimbap::policy {

namespace json = boost::json;

/// A field of a request that conditions can ask about, parsed once so that deciding reads no text.
struct FieldPath {
    enum class Kind : std::uint8_t {
        args,  ///< One of the call's arguments; `steps` lead to it.
        agent,
        token,
        roles,
        service,
        action,
        risk_level,
        risk_mutating,
        client_name
    };
    struct Step {
        enum class Kind : std::uint8_t { member, index, any };
        Kind kind = Kind::member;
        /// Of a member: its name, then that joined by dots with one, two, … of the members that
        /// follow it, as a name may have dots itself.
        std::vector<std::string> names;
        std::size_t index = 0;  ///< Of an element; `any` stands for each of them.
    };
    Kind kind = Kind::args;
    std::vector<Step> steps;
};

/// Parses `args.items[0].name`, `args.items[*]`, `agent`, `risk.level` and the like.
/// Errors: invalid_argument, "what is wrong (what would be right)".
[[nodiscard]] Result<FieldPath> parse_field(std::string_view text);

}  // namespace kimbap::policy
