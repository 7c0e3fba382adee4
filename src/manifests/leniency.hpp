#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_reader.hpp"

/// Manifests that others wrote for this schema load as they stand: what they may say beyond what
/// kimbap needs is taken, and where it has no effect, they are told.
namespace kimbap::manifests {

/// Records what loads at `where`, but does less than its author may think.
void warn(const YamlReader& where, Faults& warnings, const std::string& message);

/// YamlReader::choice, in capital or small letters.
[[nodiscard]] std::size_t read_word(const YamlReader& reader,
                                    std::span<const std::string_view> allowed,
                                    std::size_t fallback);

/// A boolean, also in the words of YAML 1.1 (yes, no, on, off, y, n). Only for keys that hold
/// nothing else: anywhere else these are texts.
[[nodiscard]] bool read_flag(const YamlReader& reader, bool fallback);

/// A number from `minimum`. More than `maximum` is the maximum, with a warning.
[[nodiscard]] std::int64_t read_bounded(const YamlReader& reader, std::int64_t fallback,
                                        std::int64_t minimum, std::int64_t maximum,
                                        Faults& warnings);

/// The elements of a list; a single value stands for a list of one.
[[nodiscard]] std::vector<YamlReader> one_or_more(const YamlReader& reader);

}  // namespace kimbap::manifests
