#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kimbap::manifests {

/// A path without the `$` or `$.` that stands for the root.
[[nodiscard]] std::string_view without_root(std::string_view path);

/// The value at a path such as `data.items[0].name`, or null where there is none. "" is `root`
/// itself; a leading `$.` or `$[` is taken too. A member whose name holds dots is found under its
/// whole name first.
[[nodiscard]] const boost::json::value* at_path(const boost::json::value& root,
                                                std::string_view path);

/// Which of `size` elements `[index]` is about; negative indices count from the end. nullopt for
/// none of them, and for what is no number.
[[nodiscard]] std::optional<std::size_t> element_at(std::string_view index, std::size_t size);

/// What `[…]` of a path may stand for.
enum class Elements { one, one_or_all };

/// Why a path can lead nowhere, whatever the value, or "": a `[` that isn't closed, an index that
/// is no number (nor `*`, where all are allowed), a step without a name.
[[nodiscard]] std::string path_fault(std::string_view path, Elements allowed = Elements::one);

}  // namespace kimbap::manifests
