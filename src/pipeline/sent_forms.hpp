#pragma once

#include <string_view>

#include "manifests/manifest.hpp"
#include "scrub/scrubber.hpp"

namespace kimbap::pipeline {

/// Adds a credential of the vault as it is sent: itself, and what a way of authentication makes of
/// it. A downstream that encodes what it was sent encodes the form that was sent: of that, too,
/// every spelling is looked for.
void add_sent_forms(scrub::Scrubber& scrubber, manifests::AuthType type, std::string_view secret);

}  // namespace kimbap::pipeline
