#pragma once

namespace kimbap::store::migrations::sqlite {

/// Deliveries to several recipients of a channel, messages that are updated later, and looks at one
/// channel's rows.
inline constexpr const char* k0002OutboxChannels = R"sql(
ALTER TABLE outbox ADD COLUMN recipient TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN receipt TEXT NOT NULL DEFAULT '';
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (channel, next_attempt_at) WHERE state = 'pending';
CREATE INDEX outbox_dead ON outbox (channel) WHERE state = 'dead';
)sql";

}  // namespace kimbap::store::migrations::sqlite
