#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/faults.hpp"

namespace kimbap {

inline constexpr std::size_t kMaxYamlBytes = 4U << 20;

/// One node of a YAML document, with its place (from 1).
struct YamlNode {
    enum class Kind : std::uint8_t { null, scalar, list, map };

    Kind kind = Kind::null;
    bool plain = false;  ///< A scalar without quotes or a string tag: its type is by its look.
    int line = 0;
    int column = 0;
    std::string text;                       ///< Of a scalar.
    std::vector<const YamlNode*> children;  ///< Elements; or keys and values by turns, keys scalar.
};

/// A document's nodes. Aliases point to the node that they name. Move-only; nodes live as long as
/// it.
class YamlTree {
public:
    [[nodiscard]] const YamlNode& root() const noexcept { return *root_; }

private:
    friend class YamlTreeBuilder;
    std::deque<YamlNode> nodes_;
    const YamlNode* root_ = nullptr;
};

/// Reads the one YAML document of `file`, with libyaml: manifests and policies, which may have
/// thousands of lines (yaml-cpp takes nine times as long). An empty document is a null. Adds a
/// fault and returns nullopt where it can't be parsed, has duplicate keys, is larger than
/// kMaxYamlBytes, or expands too far by its aliases.
[[nodiscard]] std::optional<YamlTree> parse_yaml(const std::string& file, std::string_view text,
                                                 Faults& faults);

/// The same, with merge keys (YAML 1.1): what `<<: *base` names, or a list of such, the first ones
/// first, gives the map its members, where it has none of that name itself.
[[nodiscard]] std::optional<YamlTree> parse_yaml_merged(const std::string& file,
                                                        std::string_view text, Faults& faults);

/// The same with yaml-cpp: the configuration.
[[nodiscard]] std::optional<YamlTree> parse_yaml_config(const std::string& file,
                                                        std::string_view text, Faults& faults);

/// Makes a tree of a parser's events.
class YamlTreeBuilder {
public:
    YamlTreeBuilder(const std::string& file, Faults& faults, bool merging = false)
        : file_(file), faults_(faults), merging_(merging) {}

    void begin_document(int line, int column);
    void scalar(int line, int column, std::string_view text, bool plain, std::string_view anchor);
    void begin(YamlNode::Kind kind, int line, int column, std::string_view anchor);
    void end();
    void alias(int line, int column, std::string_view anchor);
    void fault(int line, int column, std::string message);

    /// The tree, unless a fault was found.
    [[nodiscard]] std::optional<YamlTree> finish();

private:
    YamlNode* add(YamlNode::Kind kind, int line, int column, std::string_view anchor);
    void attach(const YamlNode* node);
    void merge(YamlNode& map);
    void take_members(YamlNode& map, const YamlNode& from);

    const std::string& file_;
    Faults& faults_;
    bool merging_;
    std::size_t merged_ = 0;  ///< Members looked at while merging.
    YamlTree tree_;
    std::vector<YamlNode*> open_;
    std::vector<std::pair<std::string, const YamlNode*>> anchors_;
    std::size_t documents_ = 0;
    bool failed_ = false;
};

}  // namespace kimbap
