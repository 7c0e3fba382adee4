#pragma once

#include <yaml-cpp/node/node.h>

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace kimbap {

/// One fault in a file written by a person; line and column count from 1, 0 where unknown.
struct Fault {
    std::string file;
    int line = 0;
    int column = 0;
    std::string message;  ///< What is wrong (what would be right).
};

/// `file:line:column: message`.
[[nodiscard]] std::string to_string(const Fault& fault);

/// All faults of a set of files, gathered so that one run reports every one of them.
using Faults = std::vector<Fault>;
[[nodiscard]] std::string to_string(const Faults& faults);

/// Reads one YAML document of `file` (1.2 core schema as yaml-cpp has it; at most one document, at
/// most kMaxYamlBytes). Adds a fault and returns nullopt where it can't be parsed; duplicate keys
/// are faults too. An empty document is a null node.
inline constexpr std::size_t kMaxYamlBytes = 4U << 20;
[[nodiscard]] std::optional<YAML::Node> parse_yaml(const std::string& file, std::string_view text,
                                                   Faults& faults);

/// A YAML node with its file and its place, and typed access that records faults instead of
/// throwing. A default-constructed or absent reader answers absent() and never faults. Cheap to
/// copy.
class YamlReader {
public:
    YamlReader() = default;
    /// `faults` and `file` outlive the reader. `path` names the node in messages
    /// ("actions.x.args").
    YamlReader(YAML::Node node, const std::string& file, Faults& faults, std::string path = "");

    [[nodiscard]] bool absent() const;
    [[nodiscard]] bool is_map() const;
    [[nodiscard]] bool is_list() const;
    [[nodiscard]] bool is_scalar() const;
    [[nodiscard]] bool is_null() const;
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Records a fault at this node: `message` is "what is wrong (what would be right)".
    void fault(std::string message) const;

    /// Demands a map (else a fault and false) and faults each key outside `known`, naming the
    /// nearest.
    bool expect_map(std::initializer_list<std::string_view> known) const;
    bool expect_map(std::span<const std::string_view> known) const;
    /// Member `key`, absent where there is none.
    [[nodiscard]] YamlReader get(std::string_view key) const;
    /// Like get, and a fault at this node where it is missing or null.
    [[nodiscard]] YamlReader require(std::string_view key) const;
    /// Members in file order: key, value. Empty for anything but a map.
    [[nodiscard]] std::vector<std::pair<std::string, YamlReader>> members() const;
    /// Elements in order; a fault where present but not a list.
    [[nodiscard]] std::vector<YamlReader> elements() const;

    /// Scalars. Absent gives `fallback` without a fault; a wrong type gives `fallback` and a fault.
    [[nodiscard]] std::string string(std::string fallback = "") const;
    [[nodiscard]] std::int64_t integer(std::int64_t fallback, std::int64_t minimum = INT64_MIN,
                                       std::int64_t maximum = INT64_MAX) const;
    [[nodiscard]] double number(double fallback) const;
    [[nodiscard]] bool boolean(bool fallback) const;
    /// One of `allowed` (index into it), else a fault that lists them.
    [[nodiscard]] std::size_t choice(std::span<const std::string_view> allowed,
                                     std::size_t fallback) const;
    /// A list of strings; a single string counts as a list of one.
    [[nodiscard]] std::vector<std::string> strings() const;
    /// The whole subtree as JSON: plain scalars by the YAML 1.2 core schema (integers keep 64
    /// bits), quoted ones as strings.
    [[nodiscard]] boost::json::value to_json() const;

    [[nodiscard]] int line() const;
    [[nodiscard]] int column() const;
    [[nodiscard]] const std::string& file() const { return *file_; }
    [[nodiscard]] const YAML::Node& node() const { return node_; }

private:
    [[nodiscard]] YamlReader child(YAML::Node node, std::string_view name) const;

    YAML::Node node_{YAML::NodeType::Undefined};
    const std::string* file_ = nullptr;
    Faults* faults_ = nullptr;
    std::string path_;
};

/// The files named by `paths`: a file stands for itself, a folder for the *.yaml and *.yml directly
/// in it, sorted by name. Errors: not_found with the path.
[[nodiscard]] Result<std::vector<std::string>> list_yaml_files(std::span<const std::string> paths);
/// A whole file. Errors: not_found, too_large (over `limit`), storage_failure.
[[nodiscard]] Result<std::string> read_file(const std::string& path,
                                            std::size_t limit = kMaxYamlBytes);

}  // namespace kimbap
