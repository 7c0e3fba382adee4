#include "store/postgres/pq_library.hpp"

#include <optional>
#include <string>

#include "base/shared_library.hpp"

namespace kimbap::store::postgres {

namespace {

constexpr const char* kName = "libpq.so.5";

std::optional<PqLibrary> load() {
    const SharedLibrary library(kName);
    PqLibrary out;
    const bool whole =
        library.take("PQconninfoParse", out.conninfo_parse) &&
        library.take("PQconninfoFree", out.conninfo_free) &&
        library.take("PQfreemem", out.freemem) &&
        library.take("PQconnectdbParams", out.connectdb_params) &&
        library.take("PQfinish", out.finish) && library.take("PQstatus", out.status) &&
        library.take("PQtransactionStatus", out.transaction_status) &&
        library.take("PQserverVersion", out.server_version) &&
        library.take("PQsocket", out.socket) && library.take("PQerrorMessage", out.error_message) &&
        library.take("PQsetNoticeProcessor", out.set_notice_processor) &&
        library.take("PQparameterStatus", out.parameter_status) &&
        library.take("PQsetnonblocking", out.setnonblocking) &&
        library.take("PQsendQuery", out.send_query) &&
        library.take("PQsendPrepare", out.send_prepare) &&
        library.take("PQsendQueryPrepared", out.send_query_prepared) &&
        library.take("PQflush", out.flush) && library.take("PQisBusy", out.is_busy) &&
        library.take("PQgetResult", out.get_result) &&
        library.take("PQconsumeInput", out.consume_input) &&
        library.take("PQnotifies", out.notifies) && library.take("PQclear", out.clear) &&
        library.take("PQresultStatus", out.result_status) &&
        library.take("PQresultErrorField", out.result_error_field) &&
        library.take("PQcmdStatus", out.cmd_status) &&
        library.take("PQcmdTuples", out.cmd_tuples) && library.take("PQntuples", out.ntuples) &&
        library.take("PQgetvalue", out.getvalue) && library.take("PQgetlength", out.getlength) &&
        library.take("PQgetisnull", out.getisnull);
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
