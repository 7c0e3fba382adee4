#pragma once

namespace kimbap::store::migrations::sqlite {

/// Who made a token through the operator API, and so holds it. '' for whoever runs the machine.
inline constexpr const char* k0006TokenOwner = R"sql(
ALTER TABLE tokens ADD COLUMN owner TEXT NOT NULL DEFAULT '';
)sql";

}  // namespace kimbap::store::migrations::sqlite
