#include "base/yaml_tree.hpp"

#include <gmock/gmock.h>

namespace kimbap {
namespace {

using testing::HasSubstr;

const std::string kFile = "f.yaml";

/// The tree in one line, with places and a mark on plain scalars.
std::string shown(const YamlNode& node) {
    std::string out = std::to_string(node.line) + ":" + std::to_string(node.column);
    switch (node.kind) {
        case YamlNode::Kind::null:
            return out + " null";
        case YamlNode::Kind::scalar:
            return out + (node.plain ? " ~" : " '") + node.text;
        case YamlNode::Kind::list:
            out += " [";
            break;
        case YamlNode::Kind::map:
            out += " {";
            break;
    }
    for (const YamlNode* child : node.children) out += " " + shown(*child);
    return out + (node.kind == YamlNode::Kind::list ? " ]" : " }");
}

using Parse = std::optional<YamlTree> (*)(const std::string&, std::string_view, Faults&);

class YamlParsers : public testing::TestWithParam<Parse> {};

TEST_P(YamlParsers, MakeTheSameTrees) {
    const std::pair<const char*, const char*> rows[] = {
        {"a: 1\nb:\n  - x\n  - 'y'\n", "1:1 { 1:1 ~a 1:4 ~1 2:1 ~b 3:3 [ 3:5 ~x 4:5 'y ] }"},
        {"{a: \"1\", b: [c, d]}", "1:1 { 1:2 ~a 1:5 '1 1:10 ~b 1:13 [ 1:14 ~c 1:17 ~d ] }"},
        {"x: &n {k: v}\ny: *n\n",
         "1:1 { 1:1 ~x 1:4 { 1:8 ~k 1:11 ~v } 2:1 ~y 1:4 { 1:8 ~k 1:11 ~v } }"},
        {"t: |\n  one\n  two\n", "1:1 { 1:1 ~t 1:4 'one\ntwo\n }"},
        {"n: !!str 5\n", "1:1 { 1:1 ~n 1:4 '5 }"},
        {"plain", "1:1 ~plain"},
        {"\xEF\xBB\xBF"
         "a: 1\nb: 2\n",
         "1:1 { 1:1 ~a 1:4 ~1 2:1 ~b 2:4 ~2 }"},
    };
    for (const auto& [text, expected] : rows) {
        Faults faults;
        const auto tree = GetParam()(kFile, text, faults);
        ASSERT_TRUE(tree) << text << to_string(faults);
        std::string got = shown(tree->root());
        if (std::string_view(text).find('&') != std::string_view::npos) {
            // Whether an anchored node's place is its anchor's or its own differs; both are right.
            for (std::size_t at; (at = got.find("1:7 {")) != std::string::npos;) got[at + 2] = '4';
        }
        EXPECT_EQ(got, expected) << text;
    }
}

TEST_P(YamlParsers, GiveNullForNothing) {
    for (const char* text : {"", "\n", "# a comment\n", "---\n"}) {
        Faults faults;
        const auto tree = GetParam()(kFile, text, faults);
        ASSERT_TRUE(tree) << text;
        EXPECT_TRUE(tree->root().children.empty()) << text;
        EXPECT_EQ(tree->root().text, "");
    }
}

TEST_P(YamlParsers, RefuseWithThePlace) {
    const std::pair<std::string, const char*> rows[] = {
        {"a: 1\na: 2\n", "f.yaml:2:1: duplicate key \"a\""},
        {"a: 1\n---\nb: 2\n", "second YAML document"},
        {"a: [1\n", "not valid YAML"},
        {"a: *nothing\n", "not valid YAML"},
        {"\t- a: b\n c", "not valid YAML"},
        {"? [a, b]\n: c\n", "not a plain word"},
        {std::string((4U << 20U) + 1, ' '), "larger than 4 MiB"},
    };
    for (const auto& [text, expected] : rows) {
        Faults faults;
        EXPECT_FALSE(GetParam()(kFile, text, faults)) << text.substr(0, 40);
        EXPECT_THAT(to_string(faults), HasSubstr(expected));
    }
}

TEST_P(YamlParsers, BoundWhatAliasesExpandTo) {
    std::string wide = "a: &a [x";
    for (int i = 0; i < 2000; ++i) wide += ", x";
    wide += "]\nb: [*a";
    for (int i = 0; i < 2000; ++i) wide += ", *a";
    wide += "]\n";
    std::string deep;
    for (int i = 0; i < 3000; ++i) deep += '[';
    for (const std::string& text :
         {wide, deep + std::string(3000, ']'), std::string("a: &a [*a]\n")}) {
        Faults faults;
        EXPECT_FALSE(GetParam()(kFile, text, faults)) << text.substr(0, 40);
        EXPECT_FALSE(faults.empty());
    }
}

std::string merged(std::string_view text) {
    Faults faults;
    const auto tree = parse_yaml_merged(kFile, text, faults);
    return tree ? shown(tree->root()) : to_string(faults);
}

TEST(YamlTree, MergeKeysGiveAMapTheMembersOfOthers) {
    const std::string base = "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\n";
    const std::string before =
        "1:1 { 1:1 ~a 1:4 { 1:8 ~x 1:11 ~1 1:14 ~y 1:17 ~2 } 2:1 ~b 2:4 { 2:8 ~y 2:11 ~3 2:14 ~z "
        "2:17 ~4 } 3:1 ~c ";
    const std::pair<const char*, const char*> rows[] = {
        {"c: {<<: *a, y: 5}", "3:4 { 3:13 ~y 3:16 ~5 1:8 ~x 1:11 ~1 } }"},
        {"c: {<<: [*a, *b]}", "3:4 { 1:8 ~x 1:11 ~1 1:14 ~y 1:17 ~2 2:14 ~z 2:17 ~4 } }"},
        {"c: {<<: {q: 6}}", "3:4 { 3:10 ~q 3:13 ~6 } }"},
        {"c: {\"<<\": *a}", "3:4 { 3:5 '<< 1:4 { 1:8 ~x 1:11 ~1 1:14 ~y 1:17 ~2 } } }"},
    };
    for (const auto& [text, tree] : rows) EXPECT_EQ(merged(base + text), before + tree) << text;
    EXPECT_EQ(merged("a: &a {x: 1}\nb: &b {<<: *a}\nc: {<<: *b}"),
              "1:1 { 1:1 ~a 1:4 { 1:8 ~x 1:11 ~1 } 2:1 ~b 2:4 { 1:8 ~x 1:11 ~1 } 3:1 ~c 3:4 { 1:8 "
              "~x 1:11 ~1 } }");
    EXPECT_EQ(merged("{<<: 1}"), "f.yaml:1:6: only a map can be merged (like <<: *base)");
    EXPECT_EQ(merged("{<<: {a: 1}, <<: {b: 1}}"),
              "f.yaml:1:14: duplicate key \"<<\" (keep one of them)");
    EXPECT_EQ(merged("{<<: {a: 1}, b: 1, b: 2}"),
              "f.yaml:1:20: duplicate key \"b\" (keep one of them)");
}

TEST(YamlTree, MergesAreBounded) {
    std::string text = "a: &a {";
    for (int i = 0; i < 2000; ++i) text += "k" + std::to_string(i) + ": 1, ";
    text += "}\nb: {<<: [";
    for (int i = 0; i < 100'000; ++i) text += "*a, ";
    EXPECT_THAT(merged(text + "]}"), HasSubstr("the document merges too many members"));
}

TEST(YamlTree, QuotesMustEnd) {  // yaml-cpp lets a document end within them
    Faults faults;
    EXPECT_FALSE(parse_yaml(kFile, "a: \"1\n", faults));
    EXPECT_THAT(to_string(faults), HasSubstr("not valid YAML"));
}

INSTANTIATE_TEST_SUITE_P(Both, YamlParsers, testing::Values(&parse_yaml, &parse_yaml_config),
                         [](const auto& info) {
                             return info.index == 0 ? std::string("libyaml")
                                                    : std::string("yaml_cpp");
                         });

}  // namespace
}  // namespace kimbap
