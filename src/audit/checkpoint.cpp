#include "audit/checkpoint.hpp"

#include "base/ed25519.hpp"
#include "base/encoding.hpp"
#include "base/json_text.hpp"

namespace kimbap::audit {

Result<Checkpoint> make_checkpoint(const store::AuditHead& head, TimePoint now,
                                   CheckpointSigner& signer) {
    Checkpoint checkpoint{head.chain,       head.seq, hex_encode(bytes_of(head.hash)),
                          format_time(now), "",       ""};
    const auto key = signer.public_key();
    if (!key) return key.error();
    checkpoint.public_key = base64_encode(*key);
    const auto signature = signer.sign(signed_text(checkpoint));
    if (!signature) return signature.error();
    checkpoint.signature = base64_encode(*signature);
    return checkpoint;
}

std::string signed_text(const Checkpoint& checkpoint) {
    return "kimbap audit checkpoint v1\n" + checkpoint.chain + "\n" +
           std::to_string(checkpoint.seq) + "\n" + checkpoint.hash + "\n" + checkpoint.time + "\n";
}

boost::json::object to_json(const Checkpoint& checkpoint) {
    return {{"chain", checkpoint.chain},        {"seq", checkpoint.seq},
            {"hash", checkpoint.hash},          {"time", checkpoint.time},
            {"algorithm", "ed25519"},           {"public_key", checkpoint.public_key},
            {"signature", checkpoint.signature}};
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
    const auto value = parse_json(text);
    const Error malformed =
        make_error(Errc::invalid_argument,
                   "not a checkpoint (expected what `kimbap audit checkpoint` printed)");
    if (!value || !value->is_object()) return malformed;
    const json::object& object = value->get_object();
    Checkpoint out;
    const auto text_member = [&](std::string_view key, std::string& into) {
        const json::value* found = object.if_contains(key);
        if (found == nullptr || !found->is_string()) return false;
        into = found->get_string();
        return true;
    };
    const json::value* seq = object.if_contains("seq");
    if (seq == nullptr || !seq->is_int64() || !text_member("chain", out.chain) ||
        !text_member("hash", out.hash) || !text_member("time", out.time) ||
        !text_member("public_key", out.public_key) || !text_member("signature", out.signature)) {
        return malformed;
    }
    out.seq = seq->get_int64();
    return out;
}

Result<void> check_signature(const Checkpoint& checkpoint, std::string_view public_key) {
    const auto key = base64_decode(checkpoint.public_key);
    const auto signature = base64_decode(checkpoint.signature);
    if (!key || !signature || !ed25519_verify(*key, signed_text(checkpoint), *signature)) {
        return make_error(Errc::corrupt, "the checkpoint's signature is wrong: it was changed");
    }
    if (*key != public_key) {
        return make_error(Errc::corrupt,
                          "the checkpoint was signed with another key than this vault's: it is of "
                          "another installation, or forged");
    }
    return {};
}

}  // namespace kimbap::audit
