#include "mcp/providers.hpp"

namespace kimbap::mcp {

Task<std::optional<ProtocolError>> ResourceProvider::subscribe(RequestContext&, std::string uri) {
    co_return resource_not_found(uri);
}

}  // namespace kimbap::mcp
