#include "base/yaml_reader.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#include "base/text.hpp"

namespace kimbap {

namespace {

constexpr std::string_view kQuotedTag = "!";

bool is_plain(const YAML::Node& node) {
    return node.Tag() != kQuotedTag;
}

bool is_null_text(std::string_view text) {
    return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::optional<bool> bool_text(std::string_view text) {
    if (text == "true" || text == "True" || text == "TRUE") return true;
    if (text == "false" || text == "False" || text == "FALSE") return false;
    return std::nullopt;
}

template <class Number>
std::optional<Number> number_text(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty()) {
        return std::nullopt;
    }
    return value;
}

boost::json::value scalar_to_json(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (!is_plain(node) || node.Tag() == "tag:yaml.org,2002:str") return boost::json::value(text);
    if (is_null_text(text)) return nullptr;
    if (const auto flag = bool_text(text)) return *flag;
    if (const auto integer = number_text<std::int64_t>(text)) return *integer;
    if (const auto integer = number_text<std::uint64_t>(text)) return *integer;
    const bool digits = text.find_first_of("0123456789") != std::string::npos;
    if (const auto real = number_text<double>(text); real && digits && std::isfinite(*real)) {
        return *real;
    }
    return boost::json::value(text);
}

boost::json::value node_to_json(const YAML::Node& node) {
    switch (node.Type()) {
        case YAML::NodeType::Scalar:
            return scalar_to_json(node);
        case YAML::NodeType::Sequence: {
            boost::json::array out;
            for (const auto& element : node) out.push_back(node_to_json(element));
            return out;
        }
        case YAML::NodeType::Map: {
            boost::json::object out;
            for (const auto& member : node) {
                out[member.first.Scalar()] = node_to_json(member.second);
            }
            return out;
        }
        default:
            return nullptr;
    }
}

class ShapeCheck {
public:
    ShapeCheck(const std::string& file, Faults& faults) : file_(file), faults_(faults) {}

    /// Faults duplicate and non-scalar keys; bounds the nodes visited, so that aliases of aliases
    /// ("billion laughs") can't make reading exponential.
    bool visit(const YAML::Node& node, int depth) {
        if (++visited_ > kMaxNodes || depth > kMaxDepth) {
            add(node,
                "the document is too large or too deeply nested once its aliases are expanded");
            return false;
        }
        if (node.IsSequence()) {
            for (const auto& element : node) {
                if (!visit(element, depth + 1)) return false;
            }
        } else if (node.IsMap()) {
            std::set<std::string> keys;
            for (const auto& member : node) {
                if (!member.first.IsScalar()) {
                    add(member.first, "a key that is not a plain word (write it as a string)");
                } else if (!keys.insert(member.first.Scalar()).second) {
                    add(member.first,
                        "duplicate key \"" + member.first.Scalar() + "\" (keep one of them)");
                }
                if (!visit(member.second, depth + 1)) return false;
            }
        }
        return true;
    }

private:
    static constexpr std::size_t kMaxNodes = 1'000'000;
    static constexpr int kMaxDepth = 100;

    void add(const YAML::Node& node, std::string message) {
        const YAML::Mark mark = node.Mark();
        faults_.push_back({file_, mark.line + 1, mark.column + 1, std::move(message)});
    }

    const std::string& file_;
    Faults& faults_;
    std::size_t visited_ = 0;
};

}  // namespace

std::string to_string(const Fault& fault) {
    return fault.file + ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column) +
           ": " + fault.message;
}

std::string to_string(const Faults& faults) {
    std::string out;
    for (const Fault& fault : faults) {
        if (!out.empty()) out += '\n';
        out += to_string(fault);
    }
    return out;
}

std::optional<YAML::Node> parse_yaml(const std::string& file, std::string_view text,
                                     Faults& faults) {
    if (text.size() > kMaxYamlBytes) {
        faults.push_back({file, 0, 0, "larger than 4 MiB (split it into several files)"});
        return std::nullopt;
    }
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
        if (documents.size() > 1) {
            const YAML::Mark mark = documents[1].Mark();
            faults.push_back(
                {file, mark.line + 1, mark.column + 1,
                 "a second YAML document in one file (put it into a file of its own)"});
            return std::nullopt;
        }
        YAML::Node root = documents.empty() ? YAML::Node(YAML::NodeType::Null) : documents[0];
        const std::size_t before = faults.size();
        ShapeCheck(file, faults).visit(root, 0);
        if (faults.size() != before) return std::nullopt;
        return root;
    } catch (const YAML::Exception& error) {
        faults.push_back(
            {file, error.mark.line + 1, error.mark.column + 1, "not valid YAML: " + error.msg});
        return std::nullopt;
    }
}

YamlReader::YamlReader(YAML::Node node, const std::string& file, Faults& faults, std::string path)
    : file_(&file), faults_(&faults), path_(std::move(path)) {
    node_.reset(node);
}

bool YamlReader::absent() const {
    return !node_.IsDefined();
}
bool YamlReader::is_map() const {
    return node_.IsDefined() && node_.IsMap();
}
bool YamlReader::is_list() const {
    return node_.IsDefined() && node_.IsSequence();
}
bool YamlReader::is_scalar() const {
    return node_.IsDefined() && node_.IsScalar();
}
bool YamlReader::is_null() const {
    return node_.IsDefined() && (node_.IsNull() || (node_.IsScalar() && is_plain(node_) &&
                                                    is_null_text(node_.Scalar())));
}

int YamlReader::line() const {
    return node_.Mark().line + 1;
}
int YamlReader::column() const {
    return node_.Mark().column + 1;
}

void YamlReader::fault(std::string message) const {
    if (faults_ == nullptr) return;
    faults_->push_back(
        {*file_, line(), column(), path_.empty() ? std::move(message) : path_ + ": " + message});
}

bool YamlReader::expect_map(std::initializer_list<std::string_view> known) const {
    return expect_map(std::span<const std::string_view>(known.begin(), known.size()));
}

bool YamlReader::expect_map(std::span<const std::string_view> known) const {
    if (!is_map()) {
        fault("not a map of keys to values (expected keys: " +
              join(std::vector<std::string>(known.begin(), known.end()), ", ") + ")");
        return false;
    }
    for (const auto& member : node_) {
        const std::string& key = member.first.Scalar();
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        const std::string_view near = nearest(key, known);
        child(member.first, "")
            .fault("unknown key \"" + key + "\" (" +
                   (near.empty()
                        ? "known keys: " +
                              join(std::vector<std::string>(known.begin(), known.end()), ", ")
                        : "did you mean \"" + std::string(near) + "\"?") +
                   ")");
    }
    return true;
}

YamlReader YamlReader::child(YAML::Node node, std::string_view name) const {
    std::string path = path_;
    if (!name.empty()) {
        if (!path.empty() && name.front() != '[') path += '.';
        path += name;
    }
    return {std::move(node), *file_, *faults_, std::move(path)};
}

YamlReader YamlReader::get(std::string_view key) const {
    if (!is_map()) return {};
    const YAML::Node& map = node_;
    for (const auto& member : map) {
        if (member.first.Scalar() == key) return child(member.second, key);
    }
    return {};
}

YamlReader YamlReader::require(std::string_view key) const {
    YamlReader found = get(key);
    if (found.absent() || found.is_null()) {
        fault("\"" + std::string(key) + "\" is missing (add it)");
        return {};
    }
    return found;
}

std::vector<std::pair<std::string, YamlReader>> YamlReader::members() const {
    std::vector<std::pair<std::string, YamlReader>> out;
    if (!is_map()) return out;
    for (const auto& member : node_) {
        out.emplace_back(member.first.Scalar(), child(member.second, member.first.Scalar()));
    }
    return out;
}

std::vector<YamlReader> YamlReader::elements() const {
    std::vector<YamlReader> out;
    if (absent() || is_null()) return out;
    if (!is_list()) {
        fault("not a list (write it as [a, b] or with a dash before each element)");
        return out;
    }
    std::size_t index = 0;
    for (const auto& element : node_) {
        out.push_back(child(element, "[" + std::to_string(index++) + "]"));
    }
    return out;
}

std::string YamlReader::string(std::string fallback) const {
    if (absent()) return fallback;
    if (!is_scalar()) {
        fault("not a string (expected a single value)");
        return fallback;
    }
    return node_.Scalar();
}

std::int64_t YamlReader::integer(std::int64_t fallback, std::int64_t minimum,
                                 std::int64_t maximum) const {
    if (absent()) return fallback;
    const auto value =
        is_scalar() && is_plain(node_) ? number_text<std::int64_t>(node_.Scalar()) : std::nullopt;
    if (!value) {
        fault("not an integer (expected a whole number)");
        return fallback;
    }
    if (*value < minimum || *value > maximum) {
        fault(maximum == INT64_MAX ? "too small (at least " + std::to_string(minimum) + ")"
                                   : "out of range (from " + std::to_string(minimum) + " to " +
                                         std::to_string(maximum) + ")");
        return fallback;
    }
    return *value;
}

double YamlReader::number(double fallback) const {
    if (absent()) return fallback;
    const auto value =
        is_scalar() && is_plain(node_) ? number_text<double>(node_.Scalar()) : std::nullopt;
    if (!value || !std::isfinite(*value)) {
        fault("not a number");
        return fallback;
    }
    return *value;
}

bool YamlReader::boolean(bool fallback) const {
    if (absent()) return fallback;
    const auto value = is_scalar() && is_plain(node_) ? bool_text(node_.Scalar()) : std::nullopt;
    if (!value) {
        fault("not a boolean (expected true or false)");
        return fallback;
    }
    return *value;
}

std::size_t YamlReader::choice(std::span<const std::string_view> allowed,
                               std::size_t fallback) const {
    if (absent()) return fallback;
    if (is_scalar()) {
        const auto found = std::find(allowed.begin(), allowed.end(), node_.Scalar());
        if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
    }
    fault((is_scalar() ? "\"" + node_.Scalar() + "\" is not known here" : "not a single word") +
          " (one of: " + join(std::vector<std::string>(allowed.begin(), allowed.end()), ", ") +
          ")");
    return fallback;
}

std::vector<std::string> YamlReader::strings() const {
    if (absent() || is_null()) return {};
    if (is_scalar()) return {node_.Scalar()};
    std::vector<std::string> out;
    for (const YamlReader& element : elements()) out.push_back(element.string());
    return out;
}

boost::json::value YamlReader::to_json() const {
    return absent() ? boost::json::value(nullptr) : node_to_json(node_);
}

Result<std::vector<std::string>> list_yaml_files(std::span<const std::string> paths) {
    namespace fs = std::filesystem;
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code error;
        const fs::file_status status = fs::status(path, error);
        if (fs::is_directory(status)) {
            std::vector<std::string> found;
            for (const auto& entry : fs::directory_iterator(path, error)) {
                const std::string extension = entry.path().extension().string();
                if (extension == ".yaml" || extension == ".yml") {
                    found.push_back(entry.path().string());
                }
            }
            if (error) return make_error(Errc::storage_failure, path + ": " + error.message());
            std::sort(found.begin(), found.end());
            files.insert(files.end(), found.begin(), found.end());
        } else if (fs::exists(status)) {
            files.push_back(path);
        } else {
            return make_error(Errc::not_found, path + ": no such file or folder");
        }
    }
    return files;
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return make_error(Errc::not_found, path + ": cannot be opened for reading");
    std::string text;
    std::vector<char> buffer(64U << 10);
    while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > limit) {
            return make_error(Errc::too_large,
                              path + ": larger than " + std::to_string(limit) + " bytes");
        }
    }
    if (in.bad()) return make_error(Errc::storage_failure, path + ": cannot be read");
    return text;
}

}  // namespace kimbap
