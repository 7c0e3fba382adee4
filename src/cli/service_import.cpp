#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "base/yaml_reader.hpp"
#include "base/yaml_text.hpp"
#include "cli/commands.hpp"
#include "cli/context.hpp"
#include "manifests/loader.hpp"
#include "manifests/openapi_import.hpp"

namespace kimbap::cli {

namespace {

constexpr std::size_t kMaxDocument = 64U << 20;

struct Options {
    std::string file, output;
    manifests::OpenApiOptions import;
};

/// JSON by its first character, else YAML, whose reader takes 4 MiB at most.
Result<json::value> read_document(const std::string& file) {
    const auto text = read_file(file, kMaxDocument);
    if (!text) return make_error(Errc::invalid_config, text.error().message);
    if (trim(*text).starts_with('{')) {
        auto value = parse_json(*text);
        if (!value) return make_error(Errc::invalid_config, file + ": " + value.error().message);
        return value;
    }
    Faults faults;
    const auto tree = parse_yaml(file, *text, faults);
    if (!tree) return make_error(Errc::invalid_config, to_string(faults));
    return YamlReader(*tree, file, faults).to_json();
}

bool write_new(Context& context, const std::string& path, const std::string& text) {
    // Never over what somebody wrote.
    std::FILE* const file = std::fopen(path.c_str(), "wxe");
    if (file == nullptr) {
        report(context, Exit::failed,
               path + ": can't be made: " + std::strerror(errno) + " (choose another name)");
        return false;
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (std::fclose(file) == 0 && written) return true;
    report(context, Exit::failed, path + ": can't be written: " + std::strerror(errno));
    return false;
}

void run(Context& context, const Options& options) {
    const auto document = read_document(options.file);
    if (!document) return report(context, document.error());
    const auto imported = manifests::import_openapi(*document, options.import);
    if (!imported) {
        return report(context, Exit::invalid, options.file + ": " + imported.error().message);
    }
    const std::string text = to_yaml(imported->manifest);
    const manifests::ManifestFile file{options.output.empty() ? "manifest" : options.output, text};
    // What is beyond the manifest's schema shows up here, with its place in the text.
    const auto loaded =
        manifests::load_manifests({&file, 1}, [](std::string_view, std::uint16_t) { return true; });
    json::array faults;
    for (const Fault& fault : loaded.faults) faults.emplace_back(to_string(fault));
    if (!faults.empty()) context.exit = Exit::invalid;
    if (context.json) {
        json::array notes(imported->notes.begin(), imported->notes.end());
        return print_json(json::object{{"manifest", imported->manifest},
                                       {"notes", std::move(notes)},
                                       {"faults", std::move(faults)}});
    }
    if (options.output.empty()) {
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
    } else if (write_new(context, options.output, text)) {
        print(options.output + ": " +
              counted(imported->manifest.at("actions").as_object().size(), "action"));
    }
    for (const std::string& note : imported->notes) {
        std::fprintf(stderr, "note: %s\n", printable(note).c_str());
    }
    for (const auto& fault : faults) std::fprintf(stderr, "%s\n", fault.get_string().c_str());
}

}  // namespace

void add_service_import(CLI::App& service, Context& context) {
    auto* importing =
        service.add_subcommand("import", "A manifest from an OpenAPI 3 document, to be pruned");
    auto options = std::make_shared<Options>();
    importing->add_option("--openapi", options->file, "The document, JSON or YAML")->required();
    importing->add_option("--name", options->import.name,
                          "The service's name; made of the document's title if left out");
    importing->add_option("--base-url", options->import.base_url,
                          "Where the API is; the document's first server if left out");
    importing->add_option("-o,--output", options->output,
                          "Write the manifest to this new file instead of stdout");
    add_json_flag(*importing, context);
    importing->footer(
        "Notes on stderr say what was left out. Read the result before you use it: "
        "delete what agents\nshould not have, and correct risks and descriptions.");
    importing->callback([&context, options] { run(context, *options); });
}

}  // namespace kimbap::cli
