# Third-party libraries, all Debian packages (scripts/packages is the install list).
# Static where Debian has it: calls into it are direct, and start-up has a library less to bind.
set(Boost_USE_STATIC_LIBS ON)
find_package(Boost 1.81 REQUIRED COMPONENTS system json)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
add_library(kimbap_re2 ALIAS PkgConfig::RE2)
pkg_check_modules(LIBYAML REQUIRED IMPORTED_TARGET yaml-0.1)
add_library(kimbap_libyaml ALIAS PkgConfig::LIBYAML)
# For its header alone: it is loaded with the first mail (net/curl_library.hpp).
find_package(CURL 7.85 REQUIRED)
if(NOT TARGET yaml-cpp::yaml-cpp)
    add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

# Asio and Beast are header libraries; their non-template parts are compiled once, in
# src/boost_impl.cpp, and every module only sees declarations.
add_library(kimbap_boost STATIC ${PROJECT_SOURCE_DIR}/src/boost_impl.cpp)
target_compile_definitions(kimbap_boost PUBLIC BOOST_ASIO_SEPARATE_COMPILATION
    BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(kimbap_boost PUBLIC Boost::system Boost::json OpenSSL::SSL OpenSSL::Crypto
                                          Threads::Threads)
