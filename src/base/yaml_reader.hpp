#pragma once

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
#include "base/faults.hpp"
#include "base/yaml_tree.hpp"

namespace kimbap {

/// What a key is whose value is null: there, or as good as left out.
enum class Nulls { kept, left_out };

/// A YAML node with its file and its place, and typed access that records faults instead of
/// throwing. A default-constructed or absent reader answers absent() and never faults. Cheap to
/// copy.
class YamlReader {
public:
    YamlReader() = default;
    /// The tree, `faults` and `file` outlive the reader. `path` names the node in messages
    /// ("actions.x.args"). `nulls` is for get(), here and below.
    YamlReader(const YamlTree& tree, const std::string& file, Faults& faults,
               Nulls nulls = Nulls::kept)
        : YamlReader(&tree.root(), file, faults, "", nulls) {}

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
    /// Member `key`, absent where there is none, or null that counts as none.
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

private:
    YamlReader(const YamlNode* node, const std::string& file, Faults& faults, std::string path,
               Nulls nulls)
        : node_(node), file_(&file), faults_(&faults), path_(std::move(path)), nulls_(nulls) {}
    [[nodiscard]] YamlReader child(const YamlNode& node, std::string_view name) const;

    const YamlNode* node_ = nullptr;  ///< Null where absent.
    const std::string* file_ = nullptr;
    Faults* faults_ = nullptr;
    std::string path_;
    Nulls nulls_ = Nulls::kept;
};

/// The files named by `paths`: a file stands for itself, a folder for the *.yaml and *.yml directly
/// in it, sorted by name, but for what only looks like a file (a pipe, a folder). One that is
/// reached twice is given once. Errors: not_found with the path.
[[nodiscard]] Result<std::vector<std::string>> list_yaml_files(std::span<const std::string> paths);
/// A whole file. Errors: not_found, too_large (over `limit`), storage_failure.
[[nodiscard]] Result<std::string> read_file(const std::string& path,
                                            std::size_t limit = kMaxYamlBytes);

}  // namespace kimbap
