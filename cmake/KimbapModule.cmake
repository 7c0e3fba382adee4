# kimbap_module(<name> SOURCES <files…> [DEPENDS <modules or libraries…>])
#
# One static library per folder of src/, named kimbap_<name>. DEPENDS names the lower modules it may
# include (as plain module names) and third-party targets; scripts/check_layers holds includes to it.
function(kimbap_module name)
    cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
    add_library(kimbap_${name} STATIC ${ARG_SOURCES})
    add_library(kimbap::${name} ALIAS kimbap_${name})
    target_include_directories(kimbap_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(kimbap_${name} PRIVATE kimbap_warnings)
    foreach(dependency IN LISTS ARG_DEPENDS)
        if(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/src/${dependency})
            target_link_libraries(kimbap_${name} PUBLIC kimbap_${dependency})
        else()
            target_link_libraries(kimbap_${name} PUBLIC ${dependency})
        endif()
    endforeach()
endfunction()

# kimbap_test(<module> SOURCES <files…> [DEPENDS …] [TOGETHER <filter>])
#
# One GoogleTest executable per module, <module>_test, whose sources mirror src/<module>/. TOGETHER
# names the tests that share something costly to start: they run in one process, as one test.
function(kimbap_test module)
    cmake_parse_arguments(ARG "" "TOGETHER" "SOURCES;DEPENDS" ${ARGN})
    add_executable(${module}_test ${ARG_SOURCES})
    target_link_libraries(${module}_test PRIVATE kimbap_${module} kimbap_warnings GTest::gmock_main
                                                 ${ARG_DEPENDS})
    target_include_directories(${module}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_compile_definitions(${module}_test
                               PRIVATE KIMBAP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    set(alone "*")
    if(ARG_TOGETHER)
        set(alone "-${ARG_TOGETHER}")
        add_test(NAME "${module}: ${ARG_TOGETHER}"
                 COMMAND ${module}_test "--gtest_filter=${ARG_TOGETHER}")
        set_tests_properties("${module}: ${ARG_TOGETHER}" PROPERTIES LABELS unit TIMEOUT 300)
    endif()
    gtest_discover_tests(${module}_test TEST_FILTER "${alone}" DISCOVERY_MODE PRE_TEST
                         PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
