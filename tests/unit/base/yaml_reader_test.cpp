#include "base/yaml_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/json_text.hpp"
#include "support/temp_folder.hpp"

namespace kimbap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kFile = "shop.yaml";

struct Document {
    explicit Document(std::string_view text) : root(parse_yaml(kFile, text, faults)) {}
    [[nodiscard]] YamlReader reader() { return {*root, kFile, faults}; }
    Faults faults;
    std::optional<YamlTree> root;
};

TEST(YamlReader, NamesFileLineColumnAndTheNearestKey) {
    Document document("name: shop\nactions:\n  a: {metod: GET}\n");
    document.reader().get("actions").get("a").expect_map({"method", "path"});
    ASSERT_EQ(document.faults.size(), 1U);
    EXPECT_EQ(to_string(document.faults),
              "shop.yaml:3:7: actions.a: unknown key \"metod\" (did you mean \"method\"?)");
}

TEST(YamlReader, ReportsEveryFaultAtOnce) {
    Document document("a: x\nb: [1]\nc: maybe\nd: 900\n");
    const YamlReader root = document.reader();
    EXPECT_EQ(root.get("a").integer(7), 7);
    EXPECT_EQ(root.get("b").string("fallback"), "fallback");
    EXPECT_TRUE(root.get("c").boolean(true));
    EXPECT_EQ(root.get("d").integer(1, 0, 100), 1);
    EXPECT_TRUE(root.require("e").absent());
    EXPECT_EQ(document.faults.size(), 5U);
}

TEST(YamlReader, AbsentMembersGiveTheirFallbackWithoutAFault) {
    Document document("a: 1\n");
    const YamlReader missing = document.reader().get("missing");
    EXPECT_EQ(missing.string("s"), "s");
    EXPECT_EQ(missing.integer(3), 3);
    EXPECT_TRUE(missing.get("deeper").elements().empty());
    EXPECT_TRUE(document.faults.empty());
}

TEST(YamlReader, RefusesDuplicateKeysSecondDocumentsAndBrokenYaml) {
    const std::pair<const char*, const char*> cases[] = {
        {"a: 1\na: 2\n", "shop.yaml:2:1: duplicate key \"a\""},
        {"a: 1\n---\nb: 2\n", "second YAML document"},
        {"a: [1\n", "not valid YAML"},
    };
    for (const auto& [text, message] : cases) {
        Document document(text);
        EXPECT_FALSE(document.root) << text;
        EXPECT_THAT(to_string(document.faults), HasSubstr(message));
    }
}

TEST(YamlReader, BoundsAliasBombs) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 10; ++j) text += (j == 0 ? "" : ", ") + last;
        text += "]\n";
    }
    Document document(text);
    EXPECT_FALSE(document.root);
    EXPECT_THAT(to_string(document.faults), HasSubstr("too large"));
}

TEST(YamlReader, ConvertsScalarsByTheCoreSchema) {
    Document document(
        "{i: 9007199254740993, u: 18446744073709551615, f: 1.5, b: true, n: null, e: , q: \"1\", "
        "s: 1.2.3, w: yes, l: [1, a]}");
    EXPECT_EQ(
        to_json(document.reader().to_json()),
        R"({"i":9007199254740993,"u":18446744073709551615,"f":1.5,"b":true,"n":null,"e":null,)"
        R"("q":"1","s":"1.2.3","w":"yes","l":[1,"a"]})");
}

TEST(YamlReader, AnEmptyDocumentHasAPlace) {
    Document document("");
    EXPECT_FALSE(document.reader().expect_map({"name"}));
    EXPECT_THAT(to_string(document.faults), HasSubstr("shop.yaml:1:1: not a map"));
}

TEST(ListYamlFiles, PassesOverWhatIsNoFile) {
    const test::TempFolder folder;
    for (const char* name : {"b.yaml", "a.yml", "c.txt", ".d.yaml"}) {
        std::ofstream(folder / name) << "x: 1\n";
    }
    std::filesystem::create_directory(folder / "folder.yaml");
    ASSERT_EQ(::mkfifo((folder / "pipe.yaml").c_str(), 0600), 0);
    std::filesystem::create_symlink(folder / "pipe.yaml", folder / "linked-pipe.yaml");
    std::filesystem::create_symlink(folder / "c.txt", folder / "linked-file.yaml");
    std::filesystem::create_symlink(folder / "none", folder / "nowhere.yaml");
    const std::vector<std::string> paths{folder.path()};
    EXPECT_THAT(list_yaml_files(paths).value(),
                ElementsAre(folder / "a.yml", folder / "b.yaml", folder / "linked-file.yaml",
                            folder / "nowhere.yaml"));
}

TEST(ListYamlFiles, GivesAFileOnceHoweverItIsReached) {
    const test::TempFolder folder;
    std::ofstream(folder / "a.yaml") << "x: 1\n";
    std::filesystem::create_symlink("a.yaml", folder / "b.yaml");
    const std::vector<std::string> paths{folder.path(), folder / "a.yaml", folder / "./a.yaml",
                                         folder.path() + "/"};
    EXPECT_THAT(list_yaml_files(paths).value(), ElementsAre(folder / "a.yaml"));
}

TEST(YamlReader, ASingleStringCountsAsAList) {
    Document document("a: x\nb: [x, y]\n");
    EXPECT_THAT(document.reader().get("a").strings(), ElementsAre("x"));
    EXPECT_THAT(document.reader().get("b").strings(), ElementsAre("x", "y"));
}

}  // namespace
}  // namespace kimbap
