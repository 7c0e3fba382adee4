#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "manifests/manifest.hpp"
#include "manifests/request.hpp"

namespace kimbap::manifests {

/// The part of one request that holds the credential, in memory of its own that is wiped. It goes
/// beside the request to whoever sends it, and dies when that one request is sent.
struct Injection {
    enum class Place {
        nowhere,
        header,  ///< `value` is that of the header `name`.
        query,   ///< `value` is an encoded "name=value", to be appended to the query.
        body,    ///< `value` is the whole body, of type `name`.
    };
    Place place = Place::nowhere;
    std::string name;
    Secret value;
};

/// Makes `request`'s part with the credential, where `auth` says that it goes, and takes out of
/// `request` what a caller or manifest put in that same place. The only place where a secret and a
/// request meet. Errors: invalid_argument where the secret can't be sent there (a line break, no
/// "user:password").
[[nodiscard]] Result<Injection> inject(RenderedRequest& request, const Auth& auth,
                                       std::string_view secret);

}  // namespace kimbap::manifests
