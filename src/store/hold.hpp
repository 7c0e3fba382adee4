#pragma once

namespace kimbap::store {

/// A name that is held until this dies (Store::try_hold).
class Hold {
public:
    Hold() = default;
    virtual ~Hold() = default;
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
};

}  // namespace kimbap::store
