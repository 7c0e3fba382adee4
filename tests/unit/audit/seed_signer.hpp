#pragma once

#include <string>

#include "audit/checkpoint.hpp"
#include "base/ed25519.hpp"

namespace kimbap::test {

/// Signs with a key made of one repeated byte.
class SeedSigner final : public audit::CheckpointSigner {
public:
    explicit SeedSigner(char byte) : seed_(kEd25519KeySize, byte) {}
    Result<std::string> public_key() override { return ed25519_public_key(seed_); }
    Result<std::string> sign(std::string_view message) override {
        return ed25519_sign(seed_, message);
    }

private:
    std::string seed_;
};

}  // namespace kimbap::test
