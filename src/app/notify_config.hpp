#pragma once

#include <optional>

#include "approval/notifiers/channel_config.hpp"
#include "base/yaml_reader.hpp"

namespace kimbap::app {

/// One entry of `notify:`, checked: unknown keys, missing ones, and what could not work are faults
/// that say what would be right. nullopt where it can't be used at all.
[[nodiscard]] std::optional<approval::ChannelConfig> read_channel(const YamlReader& entry);

}  // namespace kimbap::app
