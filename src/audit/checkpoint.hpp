#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace kimbap::store {
class Store;
}

namespace kimbap::audit {

/// Signs checkpoints with an Ed25519 key. The vault implements it: the key is one of its records.
class CheckpointSigner {
public:
    virtual ~CheckpointSigner() = default;
    /// 32 raw bytes.
    [[nodiscard]] virtual Result<std::string> public_key() const = 0;
    /// The 64-byte signature of `message`. May block on key derivation.
    [[nodiscard]] virtual Result<std::string> sign(std::string_view message) const = 0;
};

/// A signed head of the log, kept elsewhere: whoever later cuts off the log's tail, or writes it
/// anew from the start, can't produce the record that it names.
struct Checkpoint {
    std::string chain;
    std::int64_t seq = 0;
    std::string hash;        ///< Hex.
    TimePoint time;          ///< When it was taken.
    std::string key_id;      ///< First 16 hex digits of the public key's SHA-256.
    std::string public_key;  ///< 32 raw bytes (base64url in JSON).
    std::string signature;   ///< 64 raw bytes (base64url in JSON).
};

/// The bytes that are signed: "kimbap audit checkpoint v1", chain, seq, hash, time and key_id, a
/// line each. The first line keeps the signature from being of use for anything else.
[[nodiscard]] std::string signed_text(const Checkpoint& checkpoint);

/// Signs the log's present head. Blocks.
[[nodiscard]] Result<Checkpoint> take_checkpoint(const store::Store& store,
                                                 const CheckpointSigner& signer, TimePoint now);

[[nodiscard]] boost::json::object to_json_object(const Checkpoint& checkpoint);
/// Errors: invalid_argument naming the member.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::string_view text);

/// Whether `trusted_key` (32 raw bytes: the vault's) signed the checkpoint. The key inside the
/// checkpoint proves nothing by itself: whoever forges a log can sign with a key of their own.
/// Errors: corrupt, saying which of the two it is.
[[nodiscard]] Result<void> check_signature(const Checkpoint& checkpoint,
                                           std::string_view trusted_key);

}  // namespace kimbap::audit
