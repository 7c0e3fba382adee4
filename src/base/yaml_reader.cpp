#include "base/yaml_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "base/text.hpp"

namespace kimbap {

namespace {

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

boost::json::value scalar_to_json(const YamlNode& node) {
    const std::string& text = node.text;
    if (!node.plain) return boost::json::value(text);
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

boost::json::value node_to_json(const YamlNode& node) {
    switch (node.kind) {
        case YamlNode::Kind::scalar:
            return scalar_to_json(node);
        case YamlNode::Kind::list: {
            boost::json::array out;
            out.reserve(node.children.size());
            for (const YamlNode* element : node.children) out.push_back(node_to_json(*element));
            return out;
        }
        case YamlNode::Kind::map: {
            boost::json::object out;
            out.reserve(node.children.size() / 2);
            for (std::size_t i = 0; i + 1 < node.children.size(); i += 2) {
                out[node.children[i]->text] = node_to_json(*node.children[i + 1]);
            }
            return out;
        }
        default:
            return nullptr;
    }
}

namespace fs = std::filesystem;

/// Folders, pipes, sockets and devices that are named like files. Not links that lead nowhere:
/// whoever reads one is told so.
bool is_no_file(const fs::directory_entry& entry) {
    std::error_code error;
    const fs::file_status status = entry.status(error);
    return fs::is_directory(status) || fs::is_fifo(status) || fs::is_socket(status) ||
           fs::is_character_file(status) || fs::is_block_file(status);
}

std::vector<std::string> list_folder(const std::string& path, std::error_code& error) {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(path, error)) {
        // Editors' lock and backup files, and what a deployment has not unveiled yet.
        if (entry.path().filename().string().starts_with('.') || is_no_file(entry)) continue;
        const std::string extension = entry.path().extension().string();
        if (extension == ".yaml" || extension == ".yml") found.push_back(entry.path().string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

/// Without those that are the same as one before, by another way.
std::vector<std::string> each_once(std::vector<std::string> files) {
    std::set<fs::path> seen;
    std::erase_if(files, [&](const std::string& file) {
        std::error_code error;
        const fs::path real = fs::canonical(file, error);
        return !error && !seen.insert(real).second;
    });
    return files;
}

}  // namespace

std::string to_string(const Fault& fault) {
    if (fault.line == 0) return fault.file + ": " + fault.message;
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

bool YamlReader::absent() const {
    return node_ == nullptr;
}
bool YamlReader::is_map() const {
    return node_ != nullptr && node_->kind == YamlNode::Kind::map;
}
bool YamlReader::is_list() const {
    return node_ != nullptr && node_->kind == YamlNode::Kind::list;
}
bool YamlReader::is_scalar() const {
    return node_ != nullptr && node_->kind == YamlNode::Kind::scalar;
}
bool YamlReader::is_null() const {
    return node_ != nullptr && (node_->kind == YamlNode::Kind::null ||
                                (is_scalar() && node_->plain && is_null_text(node_->text)));
}

int YamlReader::line() const {
    return node_ == nullptr ? 0 : node_->line;
}
int YamlReader::column() const {
    return node_ == nullptr ? 0 : node_->column;
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
    for (std::size_t i = 0; i + 1 < node_->children.size(); i += 2) {
        const std::string& key = node_->children[i]->text;
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        const std::string keys = join(std::vector<std::string>(known.begin(), known.end()), ", ");
        child(*node_->children[i], "")
            .fault("unknown key \"" + key + "\"" + suggestion(key, known, "known keys: " + keys));
    }
    return true;
}

YamlReader YamlReader::child(const YamlNode& node, std::string_view name) const {
    std::string path = path_;
    if (!name.empty()) {
        if (!path.empty() && name.front() != '[') path += '.';
        path += name;
    }
    return {&node, *file_, *faults_, std::move(path), nulls_};
}

YamlReader YamlReader::get(std::string_view key) const {
    if (!is_map()) return {};
    for (std::size_t i = 0; i + 1 < node_->children.size(); i += 2) {
        if (node_->children[i]->text != key) continue;
        YamlReader found = child(*node_->children[i + 1], key);
        return nulls_ == Nulls::left_out && found.is_null() ? YamlReader() : found;
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
    out.reserve(node_->children.size() / 2);
    for (std::size_t i = 0; i + 1 < node_->children.size(); i += 2) {
        const std::string& key = node_->children[i]->text;
        out.emplace_back(key, child(*node_->children[i + 1], key));
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
    for (const YamlNode* element : node_->children) {
        out.push_back(child(*element, "[" + std::to_string(index++) + "]"));
    }
    return out;
}

std::string YamlReader::string(std::string fallback) const {
    if (absent()) return fallback;
    if (!is_scalar()) {
        fault("not a string (expected a single value)");
        return fallback;
    }
    return node_->text;
}

std::int64_t YamlReader::integer(std::int64_t fallback, std::int64_t minimum,
                                 std::int64_t maximum) const {
    if (absent()) return fallback;
    const auto value =
        is_scalar() && node_->plain ? number_text<std::int64_t>(node_->text) : std::nullopt;
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
        is_scalar() && node_->plain ? number_text<double>(node_->text) : std::nullopt;
    if (!value || !std::isfinite(*value)) {
        fault("not a number");
        return fallback;
    }
    return *value;
}

bool YamlReader::boolean(bool fallback) const {
    if (absent()) return fallback;
    const auto value = is_scalar() && node_->plain ? bool_text(node_->text) : std::nullopt;
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
        const auto found = std::find(allowed.begin(), allowed.end(), node_->text);
        if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
    }
    fault((is_scalar() ? "\"" + node_->text + "\" is not known here" : "not a single word") +
          " (one of: " + join(std::vector<std::string>(allowed.begin(), allowed.end()), ", ") +
          ")");
    return fallback;
}

std::vector<std::string> YamlReader::strings() const {
    if (absent() || is_null()) return {};
    if (is_scalar()) return {node_->text};
    std::vector<std::string> out;
    for (const YamlReader& element : elements()) out.push_back(element.string());
    return out;
}

boost::json::value YamlReader::to_json() const {
    return absent() ? boost::json::value(nullptr) : node_to_json(*node_);
}

Result<std::vector<std::string>> list_yaml_files(std::span<const std::string> paths) {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code error;
        const fs::file_status status = fs::status(path, error);
        if (fs::is_directory(status)) {
            const std::vector<std::string> found = list_folder(path, error);
            if (error) return make_error(Errc::storage_failure, path + ": " + error.message());
            files.insert(files.end(), found.begin(), found.end());
        } else if (fs::exists(status)) {
            files.push_back(path);
        } else {
            return make_error(Errc::not_found, path + ": no such file or folder");
        }
    }
    return each_once(std::move(files));
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
