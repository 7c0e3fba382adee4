#pragma once

#include "base/yaml_reader.hpp"
#include "manifests/base_url.hpp"
#include "oauth/provider.hpp"

namespace kimbap::oauth {

/// Reads one provider document; faults go to the reader.
[[nodiscard]] Provider read_provider(const YamlReader& root,
                                     const manifests::PlainHttpAllowed& plain_http_allowed);

}  // namespace kimbap::oauth
