#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.hpp"
#include "manifests/loader.hpp"

namespace kimbap::manifests::test {

inline bool no_plain_http(std::string_view, std::uint16_t) {
    return false;
}

inline LoadedManifests load(const std::vector<ManifestFile>& files) {
    return load_manifests(files, no_plain_http);
}

/// Loads one file, m.yaml; a fault fails the test and gives an empty service.
inline Service load_service(const std::string& text) {
    const std::vector<ManifestFile> files{{"m.yaml", text}};
    LoadedManifests loaded = load(files);
    EXPECT_TRUE(loaded.faults.empty()) << to_string(loaded.faults);
    if (!loaded.faults.empty() || loaded.services.empty()) return {};
    return std::move(loaded.services[0]);
}

/// The faults of m.yaml, a line each.
inline std::string faults_of(const std::string& text) {
    const std::vector<ManifestFile> files{{"m.yaml", text}};
    return to_string(load(files).faults);
}

/// What m.yaml says without effect, a line each; a fault fails the test.
inline std::string warnings_of(const std::string& text) {
    const std::vector<ManifestFile> files{{"m.yaml", text}};
    const LoadedManifests loaded = load(files);
    EXPECT_TRUE(loaded.faults.empty()) << to_string(loaded.faults);
    return to_string(loaded.warnings);
}

/// A service "shop" with one action "do" whose body is the YAML of a flow map's members.
inline std::string manifest_with(const std::string& action) {
    return "name: shop\nbase_url: https://api.example.com/v2\nactions:\n  do: {" + action + "}\n";
}

/// A loaded manifest_with(); the action keeps its service.
struct One {
    Service service;
    [[nodiscard]] const Action& action() const { return service.actions.at(0); }
};

inline One load_action(const std::string& action) {
    One one{load_service(manifest_with(action))};
    if (one.service.actions.empty()) one.service.actions.emplace_back();
    return one;
}

inline std::string action_faults(const std::string& action) {
    return faults_of(manifest_with(action));
}

inline std::string action_warnings(const std::string& action) {
    return warnings_of(manifest_with(action));
}

inline json::value parse(std::string_view text) {
    auto value = parse_json(text);
    EXPECT_TRUE(value) << text;
    return value ? std::move(*value) : json::value{};
}

inline json::object object(std::string_view text) {
    json::value value = parse(text);
    EXPECT_TRUE(value.is_object()) << text;
    return value.is_object() ? std::move(value.get_object()) : json::object{};
}

}  // namespace kimbap::manifests::test
