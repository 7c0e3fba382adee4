#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace kimbap::manifests {

namespace json = boost::json;

/// A compiled JSON Schema 2020-12, of a stated subset. Supported: type, enum, const, the numeric,
/// string, array and object assertions, prefixItems, contains, patternProperties, propertyNames,
/// dependentRequired, dependentSchemas, allOf, anyOf, oneOf, not, if/then/else, and local $ref
/// (JSON pointers and $anchor). `format` and the other annotations assert nothing. Refused, because
/// passing over them would let invalid values through: unevaluatedProperties, unevaluatedItems,
/// $dynamicRef, $recursiveRef, references to other documents, and patterns that RE2 doesn't take.
/// Immutable; thread-safe.
class Schema {
public:
    /// Errors: invalid_config: every unsupported or malformed keyword with its JSON pointer.
    static Result<Schema> compile(json::object document);

    Schema(Schema&&) noexcept;
    Schema& operator=(Schema&&) noexcept;
    ~Schema();

    /// What is wrong with `value`: "/tags/0: must be a string (is an integer)"; empty where it is
    /// valid. At most kMaxViolations.
    [[nodiscard]] std::vector<std::string> validate(const json::value& value) const;
    static constexpr std::size_t kMaxViolations = 20;
    /// How deep schemas may nest or recurse while a value is checked.
    static constexpr std::size_t kMaxDepth = 100;

private:
    class Impl;
    explicit Schema(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace kimbap::manifests
