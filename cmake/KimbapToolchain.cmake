# Compiler-wide settings: warnings on our own code, sanitizers by preset, ccache, a fast linker.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
    add_link_options(-fuse-ld=mold)
endif()

set(KIMBAP_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined or thread")
if(KIMBAP_SANITIZE)
    add_compile_options(-fsanitize=${KIMBAP_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${KIMBAP_SANITIZE})
    if(KIMBAP_SANITIZE MATCHES thread)
        # gcc warns that TSan does not model fences; Asio's use of them is confined to its scheduler.
        add_compile_options(-Wno-tsan)
    endif()
endif()
if(KIMBAP_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
add_compile_options($<$<CONFIG:Release>:-g1>)
add_link_options($<$<CONFIG:Release>:-Wl,--gc-sections>)
# No function is replaced at run time, so that the compiler may inline and specialise them.
add_compile_options(-fno-semantic-interposition)
add_compile_options(-fstack-protector-strong $<$<CONFIG:Release>:-ffunction-sections>
                    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)

add_library(kimbap_warnings INTERFACE)
target_compile_options(kimbap_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion)
# gcc is the compiler that the code is kept free of warnings for; clang only builds the fuzz targets.
target_compile_options(kimbap_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Werror>)
if(KIMBAP_SANITIZE)
    # What the sanitizers add to coroutine frames looks uninitialised to gcc 12.
    target_compile_options(kimbap_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
# gcc 12 reports the new and delete of inlined Asio coroutine frames as a mismatch, and overlaps in
# std::string::replace (gcc bug 105651), where there are none; only optimised builds show it.
target_compile_options(kimbap_warnings INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete -Wno-restrict>)
