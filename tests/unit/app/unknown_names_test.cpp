#include "app/unknown_names.hpp"

#include <gmock/gmock.h>

#include "manifests/action_registry.hpp"
#include "manifests/loader.hpp"
#include "policy/policy.hpp"

namespace kimbap::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kManifest = R"(name: notes
version: 1.0.0
description: Notes
base_url: https://notes.example
auth: {type: none}
actions:
  get-note: {description: Read one, method: GET, path: /n, risk: {level: low, mutating: false}}
  create-note: {description: Write one, method: POST, path: /n, risk: {level: medium, mutating: true}}
)";

std::vector<std::string> said(const std::string& match, std::size_t limit = 10) {
    const manifests::ManifestFile manifest{"notes.yaml", std::string(kManifest)};
    auto loaded = manifests::load_manifests({&manifest, 1},
                                            [](std::string_view, std::uint16_t) { return false; });
    if (!loaded.faults.empty()) throw std::runtime_error(to_string(loaded.faults));
    const auto actions = manifests::ActionRegistry::create(std::move(loaded.services)).value();
    const policy::PolicyFile file{"p.yaml", "version: 1.0.0\nrules:\n  - {id: writes, match: " +
                                                match + ", decision: require_approval}\n"};
    Faults faults;
    const auto set = policy::PolicySet::load({&file, 1}, {}, faults);
    if (set == nullptr) throw std::runtime_error(to_string(faults));
    std::vector<std::string> out;
    for (const Fault& fault : unknown_names(*set, *actions, limit)) {
        out.push_back(to_string(fault));
    }
    return out;
}

TEST(UnknownNames, WhatMeansSomethingIsNotMentioned) {
    for (const char* match : {"{}", "{actions: [notes.create-note]}", "{actions: [create-note]}",
                              "{actions: [notes.*]}", "{actions: [\"*-note\"]}",
                              "{services: [notes]}", "{services: [\"n*\"]}"}) {
        EXPECT_THAT(said(match), IsEmpty()) << match;
    }
}

TEST(UnknownNames, SaysWhichRuleAndTheNearestName) {
    EXPECT_THAT(
        said("{actions: [notes.creat-note]}"),
        ElementsAre("p.yaml:3:5: rule \"writes\" names the action \"notes.creat-note\", which "
                    "no manifest declares (did you mean \"notes.create-note\"?)"));
    EXPECT_THAT(said("{actions: [creat-note]}"), ElementsAre(HasSubstr("\"create-note\"?")));
    EXPECT_THAT(said("{services: [note]}"),
                ElementsAre(HasSubstr("service \"note\", which no manifest declares (did you mean "
                                      "\"notes\"?)")));
    EXPECT_THAT(said("{actions: [\"stripe.*\"]}"), ElementsAre(HasSubstr("stripe.*")));
}

TEST(UnknownNames, AToolsNameIsNotAnActions) {
    EXPECT_THAT(said("{actions: [notes_create-note]}"),
                ElementsAre(HasSubstr("rules go by the action (write \"notes.create-note\")")));
}

TEST(UnknownNames, StopsAtItsLimit) {
    EXPECT_EQ(said("{actions: [a.b, c.d, e.f]}", 2).size(), 2U);
}

}  // namespace
}  // namespace kimbap::app
