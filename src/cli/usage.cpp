#include "cli/usage.hpp"

#include <CLI/CLI.hpp>

#include "base/text.hpp"

namespace kimbap::cli {

std::string command_fault(const CLI::App& root) {
    const CLI::App* at = &root;
    std::string so_far = root.get_name();
    while (!at->get_subcommands().empty()) {
        at = at->get_subcommands().front();
        so_far += " " + at->get_name();
    }
    std::vector<std::string> names;
    for (const CLI::App* command : at->get_subcommands({})) names.push_back(command->get_name());
    if (names.empty()) return "";
    const std::string known = "one of: " + join(names, ", ") + "; --help tells more";
    for (const std::string& word : root.remaining(true)) {
        if (word.starts_with('-')) continue;
        const std::vector<std::string_view> views(names.begin(), names.end());
        return so_far + ": unknown command \"" + word + "\"" + suggestion(word, views, known);
    }
    return so_far + ": which command? (" + known + ")";
}

}  // namespace kimbap::cli
