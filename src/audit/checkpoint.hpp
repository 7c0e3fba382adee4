#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "store/audit_store.hpp"

namespace kimbap::audit {

/// Who signs heads of the log. The vault holds the key.
class CheckpointSigner {
public:
    virtual ~CheckpointSigner() = default;
    /// 32 bytes, Ed25519.
    [[nodiscard]] virtual Result<std::string> public_key() = 0;
    [[nodiscard]] virtual Result<std::string> sign(std::string_view message) = 0;
};

/// A signed statement that the log had this head at that time: kept elsewhere, it shows later that
/// nothing before it was rewritten or cut off.
struct Checkpoint {
    std::string chain;
    std::int64_t seq = 0;
    std::string hash;        ///< Hexadecimal.
    std::string time;        ///< RFC 3339.
    std::string public_key;  ///< base64
    std::string signature;   ///< base64, over signed_text()
};

[[nodiscard]] Result<Checkpoint> make_checkpoint(const store::AuditHead& head, TimePoint now,
                                                 CheckpointSigner& signer);
/// What is signed: "kimbap audit checkpoint v1\n" and the four members, a line each.
[[nodiscard]] std::string signed_text(const Checkpoint& checkpoint);
[[nodiscard]] boost::json::object to_json(const Checkpoint& checkpoint);
/// Errors: invalid_argument, saying what is wrong with the file.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view text);
/// Whether the signature is right and by `public_key` (the vault's own, raw): a checkpoint signed
/// by anybody else proves nothing. Errors: corrupt.
[[nodiscard]] Result<void> check_signature(const Checkpoint& checkpoint,
                                           std::string_view public_key);

}  // namespace kimbap::audit
