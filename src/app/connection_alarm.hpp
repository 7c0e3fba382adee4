#pragma once

#include "app/config.hpp"
#include "base/clock.hpp"
#include "oauth/connection_store.hpp"

namespace kimbap::app {

/// Puts a `connection.reauth_needed` notification for each webhook of `notify:` into the outbox, in
/// the transaction that marks the connection. `clock` outlives the listener.
[[nodiscard]] oauth::ReauthListener connection_alarm(const Config& config, const Clock& clock);

}  // namespace kimbap::app
