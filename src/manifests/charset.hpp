#pragma once

#include <string>
#include <string_view>

namespace kimbap::manifests {

/// A text or JSON body in UTF-8, where its Content-Type names another charset (RFC 9110 section
/// 8.3.2) that iconv(3) knows and the body holds to; else the body as it is. A byte order mark goes
/// with the conversion.
[[nodiscard]] std::string to_utf8(std::string body, std::string_view content_type);

}  // namespace kimbap::manifests
