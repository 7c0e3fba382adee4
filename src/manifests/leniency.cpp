#include "manifests/leniency.hpp"

namespace kimbap::manifests {

void warn(const YamlReader& where, Faults& warnings, const std::string& message) {
    warnings.push_back({where.file(), where.line(), where.column(), where.path() + ": " + message});
}

}  // namespace kimbap::manifests
