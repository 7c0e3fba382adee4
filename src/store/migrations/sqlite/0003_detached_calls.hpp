#pragma once

namespace kimbap::store::migrations::sqlite {

/// Calls that need no approval are executed from this table, too.
inline constexpr const char* k0003DetachedCalls = R"sql(
DROP INDEX approvals_execution;
CREATE INDEX approvals_execution ON approvals (execution)
    WHERE execution IN ('waiting', 'executing');
)sql";

}  // namespace kimbap::store::migrations::sqlite
