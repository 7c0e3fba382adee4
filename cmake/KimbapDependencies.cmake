# Third-party libraries, all Debian packages (scripts/packages is the install list).
# Static where Debian has it: calls into it are direct, and start-up has a library less to bind.
# OpenSSL stays shared, so that its security updates take effect without a new build.
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS system json)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED re2)
pkg_check_modules(LIBYAML REQUIRED yaml-0.1)
# For its header alone: it is loaded with the first mail (net/curl_library.hpp).
find_package(CURL 7.85 REQUIRED)
# Likewise: loaded where the store is a PostgreSQL database (store/postgres/pq_library.hpp).
pkg_check_modules(LIBPQ REQUIRED libpq)

# kimbap_archive(<target> <library> [libraries that it needs…])
#
# An imported library of that name: the archive where there is one, else the shared library.
function(kimbap_archive target name)
    find_library(KIMBAP_${name}_LIBRARY NAMES lib${name}.a ${name} REQUIRED)
    add_library(${target} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${KIMBAP_${name}_LIBRARY}
                                               INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
kimbap_archive(kimbap_sqlite sqlite3 Threads::Threads m ${CMAKE_DL_LIBS})
kimbap_archive(kimbap_re2 re2 Threads::Threads)
kimbap_archive(kimbap_libyaml yaml)
kimbap_archive(kimbap_yaml_cpp yaml-cpp)
# Both as headers: one source file logs, and two libraries less are bound at start.
add_library(kimbap_spdlog INTERFACE)
target_compile_definitions(kimbap_spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY)

# Asio and Beast are header libraries; their non-template parts are compiled once, in
# src/boost_impl.cpp, and every module only sees declarations.
add_library(kimbap_boost STATIC ${PROJECT_SOURCE_DIR}/src/boost_impl.cpp)
# Asio's cache of coroutine frames holds two a thread, of up to a kilobyte, and drops one whenever
# none fits; a call goes some ten coroutines deep. The allocator is as fast, wipes what it is given
# back, and is spared the slow way for aligned memory, which nothing here needs.
target_compile_definitions(kimbap_boost PUBLIC BOOST_ASIO_SEPARATE_COMPILATION
    BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
    BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC)
target_link_libraries(kimbap_boost PUBLIC Boost::system Boost::json OpenSSL::SSL OpenSSL::Crypto
                                          Threads::Threads)
