#include <benchmark/benchmark.h>

#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include "policy/policy.hpp"

/// How long a decision takes with few and many rules. The sets differ in how rules name calls:
/// whole names, globs with a prefix, or one common action name below many services. Deciding
/// allocates nothing: the program's allocator counts, and a decision that allocated is an error.
namespace {

std::uint64_t allocations = 0;

}  // namespace

void* operator new(std::size_t size) {
    ++allocations;
    void* const memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

namespace {

namespace policy = kimbap::policy;

enum Naming { kWhole, kPrefix, kService };

std::shared_ptr<const policy::PolicySet> make_set(std::int64_t rules, Naming naming) {
    std::string text = "version: 1.0.0\nrules:\n";
    for (std::int64_t i = 0; i + 1 < rules; ++i) {
        const std::string n = std::to_string(i);
        text += "  - {id: r" + n + ", match: ";
        if (naming == kWhole) text += "{actions: [service-" + n + ".create-order]}";
        if (naming == kPrefix) text += "{actions: [\"service-" + n + ".*\"]}";
        if (naming == kService) text += "{services: [service-" + n + "], actions: [create-order]}";
        text +=
            ", conditions: [{field: args.amount, operator: gt, value: 100000}], decision: deny}\n";
    }
    text +=
        "  - {id: last, conditions: [{field: args.amount, operator: lte, value: 5000}, "
        "{field: \"args.lines[*].sku\", operator: in, value: [a, b, c]}, "
        "{any: [{field: args.env, operator: eq, value: test}, "
        "{field: agent, operator: glob, value: \"support-*\"}]}], decision: allow}\n";
    kimbap::Faults faults;
    const policy::PolicyFile file{"bench.yaml", text};
    auto set = policy::PolicySet::load({&file, 1}, {}, faults);
    if (set == nullptr) throw std::runtime_error(to_string(faults));
    return set;
}

void decide(benchmark::State& state, Naming naming) {
    const auto set = make_set(state.range(0), naming);
    const auto args = boost::json::parse(
        R"({"amount":4200,"env":"production","lines":[{"sku":"x"},{"sku":"b"}]})");
    const std::vector<std::string> roles{"support", "night"};
    const std::string service = "service-" + std::to_string(state.range(0) / 2);
    const std::string id = service + ".create-order";
    policy::Request request;
    request.agent = "support-bot";
    request.token = "tok_0123456789";
    request.roles = roles;
    request.service = service;
    request.action = "create-order";
    request.action_id = id;
    request.risk_level = "medium";
    request.client = "claude-code";
    request.args = &args.get_object();
    const std::uint64_t before = allocations;
    for (auto _ : state) {
        const policy::Decision decision = set->decide(request, kimbap::TimePoint{}, nullptr);
        if (decision.outcome != policy::Outcome::allow) state.SkipWithError("not allowed");
        benchmark::DoNotOptimize(decision.rule);
    }
    const std::uint64_t allocated = allocations - before;
    state.counters["allocations"] = static_cast<double>(allocated);
    if (allocated != 0) state.SkipWithError("a decision allocated");
}

BENCHMARK_CAPTURE(decide, whole_names, kWhole)->Arg(10)->Arg(100)->Arg(10'000);
BENCHMARK_CAPTURE(decide, prefixes, kPrefix)->Arg(10)->Arg(100)->Arg(10'000);
BENCHMARK_CAPTURE(decide, services, kService)->Arg(10)->Arg(100)->Arg(10'000);

}  // namespace

BENCHMARK_MAIN();
