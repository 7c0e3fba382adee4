#pragma once

namespace kimbap::store::migrations::sqlite {

/// Old deliveries are found without reading every row.
inline constexpr const char* k0005OutboxPurge = R"sql(
CREATE INDEX outbox_delivered ON outbox (created_at) WHERE state = 'delivered';
)sql";

}  // namespace kimbap::store::migrations::sqlite
