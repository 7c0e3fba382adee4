#pragma once

#include <boost/json/array.hpp>
#include <vector>

#include "store/outbox_store.hpp"

namespace kimbap::approval {

/// An approval's deliveries as operators see them: what was to be told, through which channel and
/// to whom, how that stands, and what went wrong last.
[[nodiscard]] boost::json::array deliveries_json(const std::vector<store::OutboxRow>& rows);

}  // namespace kimbap::approval
