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

class SchemaDocument;

/// A compiled JSON Schema 2020-12, of a stated subset. Supported: type, enum, const, the numeric,
/// string, array and object assertions, prefixItems, contains, patternProperties, propertyNames,
/// dependentRequired, dependentSchemas, allOf, anyOf, oneOf, not, if/then/else, and local $ref
/// (JSON pointers and $anchor). `format` and the other annotations assert nothing. Refused, because
/// passing over them would let invalid values through: unevaluatedProperties, unevaluatedItems,
/// $dynamicRef, an $id within, keywords of older drafts, references to other documents, patterns
/// that RE2 doesn't take, keywords with a value of the wrong kind, and known keywords spelt
/// otherwise (min_length). Immutable, cheap to copy; thread-safe.
class Schema {
public:
    /// Errors: invalid_config: every fault with the keyword's JSON pointer.
    static Result<Schema> compile(json::object document);

    /// What is wrong with `value`: "/tags/0: must be of type string (is integer): pass it in
    /// quotes"; empty where it is valid. At most kMaxViolations.
    [[nodiscard]] std::vector<std::string> validate(const json::value& value) const;
    static constexpr std::size_t kMaxViolations = 20;
    /// How deep schemas may nest or recurse while a value is checked, and how many schemas may be
    /// held against parts of it: a recursive anyOf would else take time that grows by powers. A
    /// value that goes beyond is invalid.
    static constexpr std::size_t kMaxDepth = 100;
    static constexpr std::size_t kMaxSteps = 1'000'000;

private:
    explicit Schema(std::shared_ptr<const SchemaDocument> document);
    std::shared_ptr<const SchemaDocument> document_;
};

}  // namespace kimbap::manifests
