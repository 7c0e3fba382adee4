#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "base/encoding.hpp"
#include "base/json_text.hpp"
#include "integration/hostile.hpp"
#include "support/installation.hpp"
#include "support/mcp_client.hpp"
#include "unit/net/support/certificates.hpp"

namespace kimbap::test {
namespace {

namespace fs = std::filesystem;

constexpr int kCalls = 1000;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

const std::string kVaultSecret = "vault-secret-5d41402abc4b2a76b9719d911017c592";
const std::string kBearer = "bearer-7d793037a0760186574b0282f2f435e7";
const std::string kPair = "robot:basic-9dd4e461268c8034f5c8564e155c67a6";
const std::string kHeader = "header-6f8f57715090da2632453988d9a1501b";
const std::string kQuery = "query-8277e0910d750195b448797616e091ad";
const std::string kBody = "body-e1671797c52e15f763380b45e841ec32";

constexpr std::string_view kManifest = R"(name: @NAME@
version: 1.0.0
description: Repeats what it gets
base_url: @BASE@
auth: @AUTH@
actions:
  echo:
    description: Repeat
    method: POST
    path: /{what}/{how}
    risk: {level: low, mutating: false}
    idempotent: true
    args: [{name: what, type: string, required: true}, {name: how, type: string, required: true}]
    request: {path_params: {what: "{what}", how: "{how}"}, body: {how: "{how}"}}
)";

struct Service {
    const char* name;
    const char* auth;
    const std::string& secret;
};
const std::vector<Service> kServices{
    {"bearer", "{type: bearer, credential_ref: bearer}", kBearer},
    {"basic", "{type: basic, credential_ref: basic}", kPair},
    {"header", "{type: header, credential_ref: header, header_name: X-Key}", kHeader},
    {"query", "{type: query, credential_ref: query, query_param: key}", kQuery},
    {"body", "{type: body, credential_ref: body, body_field: key}", kBody},
};

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A kimbap that calls services over TLS which repeat the credential, its vault secret in the
/// environment.
class Memory : public ::testing::Test {
protected:
    Memory() : authority_(folder_.path()), kimbap_("audit: {fsync: false}\n") {
        const auto files = authority_.issue("localhost");
        upstream_.emplace(files.certificate, files.key);
        kimbap_.environment["KIMBAP_VAULT_SECRET"] = kVaultSecret;
        kimbap_.environment["SSL_CERT_FILE"] = authority_.certificate_file();
        kimbap_.policy("all",
                       "version: 1.0.0\nrules:\n  - {id: all, match: {}, decision: allow}\n");
        for (const Service& service : kServices) {
            std::string text(kManifest);
            text.replace(text.find("@NAME@"), 6, service.name);
            text.replace(text.find("@AUTH@"), 6, service.auth);
            kimbap_.manifest(service.name, text, upstream_->url());
            kimbap_.must({"vault", "set", service.name}, service.secret);
        }
        token_ = kimbap_.agent_token("bot");
        // The server inherits it: a crash of its leaves a core file.
        rlimit limit{};
        ::getrlimit(RLIMIT_CORE, &limit);
        const rlimit before = limit;
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_CORE, &limit);
        serving_.emplace(kimbap_);
        ::setrlimit(RLIMIT_CORE, &before);
        cores_ = limit.rlim_max == RLIM_INFINITY;
    }

    /// The calls, from several clients at once, some of whose answers repeat the credential.
    void call() {
        std::vector<std::jthread> clients;
        std::atomic<int> clean{0};
        for (std::size_t i = 0; i < kServices.size(); ++i) {
            clients.emplace_back([&, i] {
                const McpClient agent(serving_->url(), token_);
                const std::string tool = std::string(kServices[i].name) + "_echo";
                for (int n = 0; n < kCalls / static_cast<int>(kServices.size()); ++n) {
                    const char* const hows[] = {"plain", "json", "base64", "percent"};
                    const char* const whats[] = {"echo", "fields", "error", "none"};
                    const auto result =
                        agent.call(tool, {{"what", whats[(n / 4) % 4]}, {"how", hows[n % 4]}});
                    const std::string text = to_json(boost::json::value(result));
                    if (text.find(kServices[i].secret) == std::string::npos) ++clean;
                }
            });
        }
        clients.clear();
        EXPECT_EQ(clean, kCalls);
    }

    /// What must not be in a core: name and bytes.
    std::vector<std::pair<std::string, std::string>> needles() {
        std::vector<std::pair<std::string, std::string>> out{{"vault secret", kVaultSecret}};
        for (const Service& service : kServices) {
            // The last twelve bytes: of a string that was overwritten in part, too.
            out.emplace_back(service.name, service.secret.substr(service.secret.size() - 24));
        }
        std::string pair = base64_encode(kPair);
        out.emplace_back("basic in base64", pair.substr(0, pair.find('=') - 1));
        const Ran rows = run_program({"/usr/bin/sqlite3", kimbap_.path("data/kimbap.db"),
                                      "SELECT name, hex(salt), iterations FROM secrets"},
                                     {});
        std::istringstream lines(rows.out);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t first = line.find('|'), second = line.find('|', first + 1);
            const std::string salt = hex_decode(line.substr(first + 1, second - first - 1)).value();
            std::string key(32, '\0');
            EXPECT_EQ(
                PKCS5_PBKDF2_HMAC(kVaultSecret.data(), static_cast<int>(kVaultSecret.size()),
                                  reinterpret_cast<const unsigned char*>(salt.data()),
                                  static_cast<int>(salt.size()), std::stoi(line.substr(second + 1)),
                                  EVP_sha256(), 32, reinterpret_cast<unsigned char*>(key.data())),
                1);
            out.emplace_back("key of " + line.substr(0, first), key);
        }
        EXPECT_GT(out.size(), kServices.size() * 2) << rows.err;
        return out;
    }

    void expect_no_secret(const std::string& core, const std::string& which) {
        ASSERT_GT(core.size(), 1U << 20) << which;
        // It is this server's, and whole: what needn't be hidden is found.
        EXPECT_NE(core.find("Repeats what it gets"), std::string::npos) << which;
        EXPECT_NE(core.find("[redacted]"), std::string::npos) << which;
        for (const auto& [name, bytes] : needles()) {
            EXPECT_EQ(core.find(bytes), std::string::npos) << name << " is in " << which;
        }
    }

    TempFolder folder_;
    net::test::Authority authority_;
    std::optional<HostileUpstream> upstream_;
    Installation kimbap_;
    std::optional<Serving> serving_;
    std::string token_;
    bool cores_ = false;  ///< Whether a crash leaves a core file.
};

TEST_F(Memory, ACoreDumpHoldsNoSecretAfterAThousandCalls) {
    if (kSanitized) GTEST_SKIP() << "a sanitizer's core has terabytes";
    call();
    const std::string pid = std::to_string(serving_->program().pid());
    EXPECT_EQ(read_file("/proc/" + pid + "/environ").find(kVaultSecret.substr(0, 16)),
              std::string::npos);

    const Ran dumped = run_program({"/usr/bin/gcore", "-o", folder_ / "core", pid}, {});
    const fs::path core = folder_ / ("core." + pid);
    if (dumped.err.find("ptrace") != std::string::npos && !fs::exists(core)) {
        GTEST_SKIP() << "no process may be traced here: " << dumped.err;
    }
    ASSERT_TRUE(fs::exists(core)) << dumped.out << dumped.err;
    expect_no_secret(read_file(core), "gcore's core");
    fs::remove(core);
    EXPECT_EQ(http(serving_->url(), "GET", "/healthz").status, 200);
}

TEST_F(Memory, ACrashLeavesNoSecretInItsCoreFile) {
    if (kSanitized) GTEST_SKIP() << "sanitizers report a crash themselves";
    const std::string pattern = read_file("/proc/sys/kernel/core_pattern");
    if (!cores_) GTEST_SKIP() << "core files are limited here";
    if (pattern.starts_with('|') || pattern.find('/') != std::string::npos) {
        GTEST_SKIP() << "this machine's cores go elsewhere: " << pattern;
    }
    call();
    serving_->program().signal(SIGSEGV);
    EXPECT_EQ(serving_->program().wait(), 128 + SIGSEGV);
    fs::path core;
    for (const auto& entry : fs::directory_iterator(kimbap_.path(""))) {
        if (entry.path().filename().string().starts_with("core")) core = entry.path();
    }
    ASSERT_FALSE(core.empty()) << "no core file";
    expect_no_secret(read_file(core), "the crash's core");
    EXPECT_EQ(serving_->program().errors().find(kBearer), std::string::npos);
}

}  // namespace
}  // namespace kimbap::test
