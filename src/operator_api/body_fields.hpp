#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.hpp"

namespace kimbap::operator_api {

/// Reads the members of a request's JSON body, each by its name and type, and refuses what was not
/// asked for: a restriction that is misspelt or of another type must not silently fall away
/// (`"action": "shop.*"` for `"actions": ["shop.*"]` would make a token that covers everything).
class BodyFields {
public:
    /// `body` outlives this.
    explicit BodyFields(const boost::json::object& body) : body_(body) {}

    /// "" where absent.
    [[nodiscard]] std::string text(std::string_view key);
    /// Empty where absent.
    [[nodiscard]] std::vector<std::string> texts(std::string_view key);
    [[nodiscard]] boost::json::object object(std::string_view key);

    /// 400 with every fault, or nullopt where the body held what was asked for and nothing else.
    /// Call it after the last read.
    [[nodiscard]] std::optional<net::HttpResponse> refusal() const;

private:
    const boost::json::value* find(std::string_view key);
    void fault(std::string text);

    const boost::json::object& body_;
    std::vector<std::string_view> known_;
    std::vector<std::string> faults_;
};

}  // namespace kimbap::operator_api
