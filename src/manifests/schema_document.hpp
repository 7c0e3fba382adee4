#pragma once

#include <re2/re2.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kimbap::manifests {

namespace json = boost::json;

/// A JSON Schema with its keywords checked, its patterns compiled and its references resolved: what
/// a check of values walks over. Owns the document; immutable once compiled.
class SchemaDocument {
public:
    explicit SchemaDocument(json::object root) : root_(std::move(root)) {}

    /// Every fault as "/pointer/of/the/keyword: what is wrong (what would be right)". Called once,
    /// first: after it, without faults, each keyword has the shape that its meaning needs.
    [[nodiscard]] std::vector<std::string> compile();

    [[nodiscard]] const json::value& root() const { return root_; }
    /// What a $ref of this document leads to.
    [[nodiscard]] const json::value& target(std::string_view reference) const;
    [[nodiscard]] const re2::RE2& pattern(std::string_view text) const;

private:
    /// Where a keyword stands; spelt out as a JSON pointer only for a fault, since most have none.
    struct Place {
        const Place* up = nullptr;
        std::string_view key;
        [[nodiscard]] std::string pointer() const;
    };
    using Where = const Place&;

    void fault(Where at, const std::string& message);
    void check(const json::value& schema, Where at, std::size_t depth);
    void check_keyword(std::string_view key, const json::value& value, Where at, std::size_t depth);
    void check_list(const json::value& value, Where at, std::size_t depth);
    void check_map(std::string_view key, const json::value& value, Where at, std::size_t depth);
    void check_reference(const json::value& value, Where at);
    void check_assertion(std::string_view key, const json::value& value, Where at);
    void check_type(const json::value& value, Where at);
    void check_number(std::string_view key, const json::value& value, Where at);
    void check_unknown(std::string_view key, Where at);
    void add_pattern(std::string_view pattern, Where at);
    void resolve_references();
    [[nodiscard]] const json::value* find(std::string_view reference) const;

    const json::value root_;
    std::vector<const json::value*> checked_;
    std::map<std::string, const json::value*, std::less<>> anchors_;
    std::map<std::string, std::unique_ptr<re2::RE2>, std::less<>> patterns_;
    std::vector<std::pair<std::string, std::string>>
        references_;  ///< Where it stands, what it says.
    std::map<std::string, const json::value*, std::less<>> targets_;
    std::vector<std::string> faults_;
};

}  // namespace kimbap::manifests
