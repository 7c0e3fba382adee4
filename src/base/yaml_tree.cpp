#include "base/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>
#include <yaml.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/byte_order_mark.hpp"

namespace kimbap {

namespace {

constexpr std::size_t kMaxNodes = 1'000'000;
constexpr int kMaxDepth = 100;
constexpr std::string_view kStringTag = "tag:yaml.org,2002:str";

/// Faults duplicate keys; bounds the nodes visited, so that aliases of aliases ("billion laughs")
/// can't make reading exponential.
class ShapeCheck {
public:
    explicit ShapeCheck(YamlTreeBuilder& builder) : builder_(builder) {}

    bool visit(const YamlNode& node, int depth) {
        visited_ += 1 + node.children.size();
        if (visited_ > kMaxNodes || depth > kMaxDepth) {
            builder_.fault(
                node.line, node.column,
                "the document is too large or too deeply nested once its aliases are expanded");
            return false;
        }
        if (node.kind == YamlNode::Kind::map) check_keys(node);
        for (const YamlNode* child : node.children) {
            if (!child->children.empty() && !visit(*child, depth + 1)) return false;
        }
        return true;
    }

private:
    void check_keys(const YamlNode& map) {
        keys_.clear();
        for (std::size_t i = 0; i < map.children.size(); i += 2) keys_.push_back(map.children[i]);
        std::stable_sort(keys_.begin(), keys_.end(),
                         [](const YamlNode* a, const YamlNode* b) { return a->text < b->text; });
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            if (keys_[i]->kind != YamlNode::Kind::scalar) {
                builder_.fault(keys_[i]->line, keys_[i]->column,
                               "a key that is not a plain word (write it as a string)");
            } else if (i > 0 && keys_[i - 1]->text == keys_[i]->text) {
                builder_.fault(keys_[i]->line, keys_[i]->column,
                               "duplicate key \"" + keys_[i]->text + "\" (keep one of them)");
            }
        }
    }

    YamlTreeBuilder& builder_;
    std::vector<const YamlNode*> keys_;
    std::size_t visited_ = 0;
};

/// Whether the text may be parsed at all.
bool small_enough(const std::string& file, std::string_view text, Faults& faults) {
    if (text.size() <= kMaxYamlBytes) return true;
    faults.push_back({file, 0, 0, "larger than 4 MiB (split it into several files)"});
    return false;
}

/// libyaml's parser and its current event, freed whatever happens.
class LibyamlParser {
public:
    explicit LibyamlParser(std::string_view text) {
        if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    }
    ~LibyamlParser() {
        yaml_event_delete(&event_);
        yaml_parser_delete(&parser_);
    }
    LibyamlParser(const LibyamlParser&) = delete;
    LibyamlParser& operator=(const LibyamlParser&) = delete;

    bool next() {
        yaml_event_delete(&event_);
        return yaml_parser_parse(&parser_, &event_) != 0;
    }
    [[nodiscard]] const yaml_event_t& event() const noexcept { return event_; }
    [[nodiscard]] const yaml_parser_t& parser() const noexcept { return parser_; }

private:
    yaml_parser_t parser_{};
    yaml_event_t event_{};
};

std::string_view view_of(const yaml_char_t* text) {
    return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

void pass_on(const yaml_event_t& event, YamlTreeBuilder& builder) {
    const int line = static_cast<int>(event.start_mark.line) + 1;
    const int column = static_cast<int>(event.start_mark.column) + 1;
    switch (event.type) {
        case YAML_DOCUMENT_START_EVENT:
            builder.begin_document(line, column);
            break;
        case YAML_ALIAS_EVENT:
            builder.alias(line, column, view_of(event.data.alias.anchor));
            break;
        case YAML_SCALAR_EVENT: {
            const auto& scalar = event.data.scalar;
            const std::string_view tag = view_of(scalar.tag);
            const bool plain =
                scalar.style == YAML_PLAIN_SCALAR_STYLE && tag != "!" && tag != kStringTag;
            builder.scalar(line, column,
                           {reinterpret_cast<const char*>(scalar.value), scalar.length}, plain,
                           view_of(scalar.anchor));
            break;
        }
        case YAML_SEQUENCE_START_EVENT:
            builder.begin(YamlNode::Kind::list, line, column,
                          view_of(event.data.sequence_start.anchor));
            break;
        case YAML_MAPPING_START_EVENT:
            builder.begin(YamlNode::Kind::map, line, column,
                          view_of(event.data.mapping_start.anchor));
            break;
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
            builder.end();
            break;
        default:
            break;
    }
}

/// Passes yaml-cpp's events on. Its anchors are numbers.
class YamlCppEvents final : public YAML::EventHandler {
public:
    explicit YamlCppEvents(YamlTreeBuilder& builder) : builder_(builder) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        builder_.begin_document(mark.line + 1, mark.column + 1);
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        builder_.scalar(mark.line + 1, mark.column + 1, "", true, name(anchor));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        builder_.alias(mark.line + 1, mark.column + 1, name(anchor));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        const bool plain = tag != "!" && tag != kStringTag;  // "!" is how it marks quotes
        builder_.scalar(mark.line + 1, mark.column + 1, value, plain, name(anchor));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        builder_.begin(YamlNode::Kind::list, mark.line + 1, mark.column + 1, name(anchor));
    }
    void OnSequenceEnd() override { builder_.end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        builder_.begin(YamlNode::Kind::map, mark.line + 1, mark.column + 1, name(anchor));
    }
    void OnMapEnd() override { builder_.end(); }

private:
    static std::string name(YAML::anchor_t anchor) {
        return anchor == 0 ? std::string() : std::to_string(anchor);
    }
    YamlTreeBuilder& builder_;
};

}  // namespace

void YamlTreeBuilder::fault(int line, int column, std::string message) {
    failed_ = true;
    faults_.push_back({file_, line, column, std::move(message)});
}

void YamlTreeBuilder::begin_document(int line, int column) {
    if (++documents_ == 2) {
        fault(line, column, "a second YAML document in one file (put it into a file of its own)");
    }
}

void YamlTreeBuilder::attach(const YamlNode* node) {
    if (!open_.empty()) {
        open_.back()->children.push_back(node);
    } else if (tree_.root_ == nullptr) {
        tree_.root_ = node;
    }
}

YamlNode* YamlTreeBuilder::add(YamlNode::Kind kind, int line, int column, std::string_view anchor) {
    YamlNode& node = tree_.nodes_.emplace_back();
    node.kind = kind;
    node.line = line;
    node.column = column;
    if (!anchor.empty()) anchors_.emplace_back(anchor, &node);
    attach(&node);
    return &node;
}

void YamlTreeBuilder::scalar(int line, int column, std::string_view text, bool plain,
                             std::string_view anchor) {
    YamlNode* node = add(YamlNode::Kind::scalar, line, column, anchor);
    node->text = text;
    node->plain = plain;
}

void YamlTreeBuilder::begin(YamlNode::Kind kind, int line, int column, std::string_view anchor) {
    open_.push_back(add(kind, line, column, anchor));
}

void YamlTreeBuilder::end() {
    if (open_.empty()) return;
    YamlNode& ended = *open_.back();
    open_.pop_back();
    if (merging_ && ended.kind == YamlNode::Kind::map) merge(ended);
}

/// An alias names what has ended, so that what is merged has nothing more to merge itself.
void YamlTreeBuilder::merge(YamlNode& map) {
    std::vector<const YamlNode*> own;
    std::vector<const YamlNode*> merges;
    for (std::size_t i = 0; i + 1 < map.children.size(); i += 2) {
        const YamlNode& key = *map.children[i];
        auto& into = key.plain && key.text == "<<" ? merges : own;
        into.insert(into.end(), {&key, map.children[i + 1]});
    }
    if (merges.empty() || failed_) return;
    if (merges.size() > 2) {
        return fault(merges[2]->line, merges[2]->column, "duplicate key \"<<\" (keep one of them)");
    }
    map.children = std::move(own);
    if (merges[1]->kind != YamlNode::Kind::list) return take_members(map, *merges[1]);
    for (const YamlNode* from : merges[1]->children) take_members(map, *from);
}

void YamlTreeBuilder::take_members(YamlNode& map, const YamlNode& from) {
    if (failed_) return;
    if (from.kind != YamlNode::Kind::map) {
        return fault(from.line, from.column, "only a map can be merged (like <<: *base)");
    }
    std::set<std::string_view> own;
    for (std::size_t i = 0; i < map.children.size(); i += 2) own.insert(map.children[i]->text);
    merged_ += from.children.size() + own.size();
    if (merged_ > kMaxNodes) {
        return fault(from.line, from.column, "the document merges too many members");
    }
    for (std::size_t i = 0; i + 1 < from.children.size(); i += 2) {
        if (!own.insert(from.children[i]->text).second) continue;
        map.children.push_back(from.children[i]);
        map.children.push_back(from.children[i + 1]);
    }
}

void YamlTreeBuilder::alias(int line, int column, std::string_view anchor) {
    const auto found = std::find_if(anchors_.rbegin(), anchors_.rend(),
                                    [&](const auto& one) { return one.first == anchor; });
    if (found == anchors_.rend()) {
        return fault(line, column, "not valid YAML: an alias without its anchor");
    }
    if (std::find(open_.begin(), open_.end(), found->second) != open_.end()) {
        return fault(line, column, "not valid YAML: an alias inside of what it names");
    }
    attach(found->second);
}

std::optional<YamlTree> YamlTreeBuilder::finish() {
    if (!failed_ && tree_.root_ == nullptr) {
        YamlNode& empty = tree_.nodes_.emplace_back();
        empty.line = 1;
        empty.column = 1;
        tree_.root_ = &empty;
    }
    if (!failed_) ShapeCheck(*this).visit(*tree_.root_, 0);
    if (failed_) return std::nullopt;
    return std::move(tree_);
}

namespace {

std::optional<YamlTree> parse_with_libyaml(const std::string& file, std::string_view text,
                                           Faults& faults, bool merging) {
    if (!small_enough(file, text, faults)) return std::nullopt;
    YamlTreeBuilder builder(file, faults, merging);
    // libyaml takes the mark for a column.
    LibyamlParser parser(without_byte_order_mark(text));
    while (parser.next()) {
        if (parser.event().type == YAML_STREAM_END_EVENT) return builder.finish();
        pass_on(parser.event(), builder);
    }
    const yaml_parser_t& failed = parser.parser();
    builder.fault(static_cast<int>(failed.problem_mark.line) + 1,
                  static_cast<int>(failed.problem_mark.column) + 1,
                  std::string("not valid YAML: ") +
                      (failed.problem == nullptr ? "it can't be read" : failed.problem));
    return std::nullopt;
}

}  // namespace

std::optional<YamlTree> parse_yaml(const std::string& file, std::string_view text, Faults& faults) {
    return parse_with_libyaml(file, text, faults, false);
}

std::optional<YamlTree> parse_yaml_merged(const std::string& file, std::string_view text,
                                          Faults& faults) {
    return parse_with_libyaml(file, text, faults, true);
}

std::optional<YamlTree> parse_yaml_config(const std::string& file, std::string_view text,
                                          Faults& faults) {
    if (!small_enough(file, text, faults)) return std::nullopt;
    YamlTreeBuilder builder(file, faults);
    try {
        std::istringstream in{std::string(without_byte_order_mark(text))};
        YAML::Parser parser(in);
        YamlCppEvents events(builder);
        while (parser.HandleNextDocument(events)) {
        }
    } catch (const YAML::Exception& error) {
        builder.fault(error.mark.line + 1, error.mark.column + 1, "not valid YAML: " + error.msg);
    }
    return builder.finish();
}

}  // namespace kimbap
