#pragma once

#include <libpq-fe.h>

#include "base/error.hpp"

namespace kimbap::store::postgres {

/// libpq's functions, loaded with the first connection: linked in, it and the libraries that it
/// needs (LDAP, Kerberos) would be bound at every start of every command, with SQLite, too.
struct PqLibrary {
    decltype(&::PQconninfoParse) conninfo_parse = nullptr;
    decltype(&::PQconninfoFree) conninfo_free = nullptr;
    decltype(&::PQfreemem) freemem = nullptr;
    decltype(&::PQconnectdbParams) connectdb_params = nullptr;
    decltype(&::PQfinish) finish = nullptr;
    decltype(&::PQstatus) status = nullptr;
    decltype(&::PQtransactionStatus) transaction_status = nullptr;
    decltype(&::PQserverVersion) server_version = nullptr;
    decltype(&::PQsocket) socket = nullptr;
    decltype(&::PQerrorMessage) error_message = nullptr;
    decltype(&::PQsetNoticeProcessor) set_notice_processor = nullptr;
    decltype(&::PQparameterStatus) parameter_status = nullptr;
    decltype(&::PQsetnonblocking) setnonblocking = nullptr;
    decltype(&::PQsendQuery) send_query = nullptr;
    decltype(&::PQsendPrepare) send_prepare = nullptr;
    decltype(&::PQsendQueryPrepared) send_query_prepared = nullptr;
    decltype(&::PQflush) flush = nullptr;
    decltype(&::PQisBusy) is_busy = nullptr;
    decltype(&::PQgetResult) get_result = nullptr;
    decltype(&::PQconsumeInput) consume_input = nullptr;
    decltype(&::PQnotifies) notifies = nullptr;
    decltype(&::PQclear) clear = nullptr;
    decltype(&::PQresultStatus) result_status = nullptr;
    decltype(&::PQresultErrorField) result_error_field = nullptr;
    decltype(&::PQcmdStatus) cmd_status = nullptr;
    decltype(&::PQcmdTuples) cmd_tuples = nullptr;
    decltype(&::PQntuples) ntuples = nullptr;
    decltype(&::PQgetvalue) getvalue = nullptr;
    decltype(&::PQgetlength) getlength = nullptr;
    decltype(&::PQgetisnull) getisnull = nullptr;
};

/// Loads libpq at the first call; it stays loaded. Errors: unavailable where it is not installed.
/// Thread-safe.
[[nodiscard]] Result<const PqLibrary*> pq_library();

}  // namespace kimbap::store::postgres
