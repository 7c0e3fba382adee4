#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/faults.hpp"
#include "manifests/base_url.hpp"
#include "oauth/provider.hpp"

namespace kimbap::oauth {

struct ProviderFile {
    std::string path;  ///< For messages.
    std::string text;
    bool shipped =
        false;  ///< Carried by the binary: an operator's file of the same name replaces it.
};

/// The providers that are known, by name. Immutable.
class ProviderSet {
public:
    /// Reads provider documents. Pure: the texts come from the caller. Where it adds to `faults`,
    /// the set is not to be used.
    static std::shared_ptr<const ProviderSet> load(std::span<const ProviderFile> files,
                                                   const manifests::PlainHttpAllowed& plain,
                                                   Faults& faults);

    /// These, which bear different names.
    static std::shared_ptr<const ProviderSet> of(std::vector<Provider> providers);

    [[nodiscard]] const Provider* find(std::string_view name) const noexcept;
    /// Sorted by name.
    [[nodiscard]] const std::vector<Provider>& all() const noexcept { return providers_; }

private:
    std::vector<Provider> providers_;
};

/// The providers in force; a reload replaces them.
class ProviderSource {
public:
    virtual ~ProviderSource() = default;
    /// Thread-safe.
    [[nodiscard]] virtual std::shared_ptr<const ProviderSet> providers() const = 0;
};

}  // namespace kimbap::oauth
