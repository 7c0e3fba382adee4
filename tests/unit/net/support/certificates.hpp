#pragma once

#include <memory>
#include <string>

namespace kimbap::net::test {

/// A certificate authority made for one test; writes PEM files into a folder of the caller's.
class Authority {
public:
    explicit Authority(std::string folder);
    ~Authority();

    struct Files {
        std::string certificate;
        std::string key;
    };
    /// The authority's own certificate, for a client to trust.
    [[nodiscard]] const std::string& certificate_file() const { return certificate_file_; }
    /// A server's certificate for `name`, a host name or an IP address. `days` from now until it
    /// expires; negative: it has.
    [[nodiscard]] Files issue(const std::string& name, int days = 1) const;
    /// One that vouches for itself.
    [[nodiscard]] Files self_signed(const std::string& name) const;

private:
    struct Pair;
    std::string folder_;
    std::unique_ptr<Pair> root_;
    std::string certificate_file_;
};

}  // namespace kimbap::net::test
