#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "support/temp_folder.hpp"
#include "unit/audit/log_fixture.hpp"
#include "unit/audit/sample.hpp"
#include "unit/audit/seed_signer.hpp"

/// The commands of docs/audit.md, by which anybody can verify a log without kimbap, run as written.
namespace kimbap::audit {
namespace {

std::string shell_block(int number) {
    std::ifstream file(KIMBAP_SOURCE_DIR "/docs/audit.md");
    std::stringstream text;
    text << file.rdbuf();
    std::string rest = text.str();
    for (;; --number) {
        const std::size_t start = rest.find("```sh\n");
        if (start == std::string::npos) return "exit 9";
        rest.erase(0, start + 6);
        if (number == 0) return rest.substr(0, rest.find("```"));
    }
}

class DocumentationTest : public ::testing::Test {
protected:
    int run(const std::string& script) {
        std::ofstream(folder_ / "script") << script;
        const std::string command = "cd '" + folder_.path() + "' && sh ./script > output 2>&1";
        return std::system(command.c_str());
    }
    int run_on(const std::vector<std::string>& lines) {
        std::ofstream out(folder_ / "export.jsonl");
        for (const std::string& line : lines) out << line << '\n';
        out.close();
        return run(shell_block(0));
    }
    std::string output() {
        std::ifstream file(folder_ / "output");
        std::stringstream text;
        text << file.rdbuf();
        return text.str();
    }
    test::TempFolder folder_;
};

TEST_F(DocumentationTest, TheShellVerifiesAnExport) {
    const auto lines = test::sample_lines();
    EXPECT_EQ(run_on(lines), 0) << output();
    const std::string& last = lines.back();
    EXPECT_EQ(output(), "good, head " + last.substr(last.size() - 66, 64) + "\n");
}

TEST_F(DocumentationTest, TheShellFindsWhatWasDoneToAnExport) {
    auto changed = test::sample_lines();
    changed[1].replace(changed[1].find("allow"), 5, "altow");
    EXPECT_NE(run_on(changed), 0);
    EXPECT_EQ(output().substr(0, 8), "changed:");
    auto missing = test::sample_lines();
    missing.erase(missing.begin() + 1);
    EXPECT_NE(run_on(missing), 0);
    EXPECT_EQ(output().substr(0, 12), "out of line:");
}

TEST_F(DocumentationTest, OpenSslChecksACheckpoint) {
    if (std::system("command -v jq openssl > /dev/null") != 0) GTEST_SKIP() << "needs jq, openssl";
    test::SeedSigner signer('k');
    store::AuditHead head{"chn_1", 42, {}};
    const auto checkpoint = make_checkpoint(head, from_unix_micros(0), signer).value();
    std::ofstream(folder_ / "checkpoint.json") << to_json(checkpoint);
    EXPECT_EQ(run(shell_block(1)), 0) << output();
    auto forged = checkpoint;
    forged.seq = 41;
    std::ofstream(folder_ / "checkpoint.json") << to_json(forged);
    EXPECT_NE(run(shell_block(1)), 0) << output();
}

}  // namespace
}  // namespace kimbap::audit
