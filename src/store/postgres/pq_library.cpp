#include "store/postgres/pq_library.hpp"

#include <dlfcn.h>

#include <optional>
#include <string>

namespace kimbap::store::postgres {

namespace {

constexpr const char* kName = "libpq.so.5";

template <class Function>
bool take(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    return function != nullptr;
}

std::optional<PqLibrary> load() {
    void* const library = ::dlopen(kName, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return std::nullopt;
    PqLibrary out;
    const bool whole =
        take(library, "PQconninfoParse", out.conninfo_parse) &&
        take(library, "PQconninfoFree", out.conninfo_free) &&
        take(library, "PQfreemem", out.freemem) &&
        take(library, "PQconnectdbParams", out.connectdb_params) &&
        take(library, "PQfinish", out.finish) && take(library, "PQstatus", out.status) &&
        take(library, "PQtransactionStatus", out.transaction_status) &&
        take(library, "PQserverVersion", out.server_version) &&
        take(library, "PQbackendPID", out.backend_pid) && take(library, "PQsocket", out.socket) &&
        take(library, "PQerrorMessage", out.error_message) &&
        take(library, "PQsetNoticeProcessor", out.set_notice_processor) &&
        take(library, "PQparameterStatus", out.parameter_status) &&
        take(library, "PQsetnonblocking", out.setnonblocking) &&
        take(library, "PQsendQuery", out.send_query) &&
        take(library, "PQsendPrepare", out.send_prepare) &&
        take(library, "PQsendQueryPrepared", out.send_query_prepared) &&
        take(library, "PQflush", out.flush) && take(library, "PQisBusy", out.is_busy) &&
        take(library, "PQgetResult", out.get_result) &&
        take(library, "PQconsumeInput", out.consume_input) &&
        take(library, "PQnotifies", out.notifies) && take(library, "PQclear", out.clear) &&
        take(library, "PQresultStatus", out.result_status) &&
        take(library, "PQresultErrorField", out.result_error_field) &&
        take(library, "PQcmdStatus", out.cmd_status) &&
        take(library, "PQcmdTuples", out.cmd_tuples) && take(library, "PQntuples", out.ntuples) &&
        take(library, "PQgetvalue", out.getvalue) && take(library, "PQgetlength", out.getlength) &&
        take(library, "PQgetisnull", out.getisnull);
    if (!whole) return std::nullopt;
    return out;
}

}  // namespace

Result<const PqLibrary*> pq_library() {
    static const std::optional<PqLibrary> library = load();
    if (library) return &*library;
    return make_error(Errc::unavailable, "PostgreSQL needs " + std::string(kName) +
                                             ", which can't be loaded (install Debian's libpq5)");
}

}  // namespace kimbap::store::postgres
