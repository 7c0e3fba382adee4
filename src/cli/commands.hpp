#pragma once

namespace CLI {
class App;
}

namespace kimbap::cli {

struct Context;

/// One function a command, each in the file of its name.
void add_init(CLI::App& root, Context& context);
void add_mcp(CLI::App& root, Context& context);
void add_serve(CLI::App& root, Context& context);
void add_call(CLI::App& root, Context& context);
void add_vault(CLI::App& root, Context& context);
void add_token(CLI::App& root, Context& context);
void add_policy(CLI::App& root, Context& context);
void add_approval(CLI::App& root, Context& context);
void add_audit(CLI::App& root, Context& context);
void add_auth(CLI::App& root, Context& context);
void add_service(CLI::App& root, Context& context);
void add_doctor(CLI::App& root, Context& context);

/// `kimbap policy test` and `kimbap policy replay`, on the `policy` command.
void add_policy_test(CLI::App& policy, Context& context);
void add_policy_replay(CLI::App& policy, Context& context);

/// `kimbap service import`, on the `service` command.
void add_service_import(CLI::App& service, Context& context);

}  // namespace kimbap::cli
