# Run as a script: writes OUTPUT, a C++ file that defines kimbap::app::embedded_files() over FILES
# (paths relative to ROOT), so that an installed binary can lay out a new installation by itself.
set(body "#include \"app/assets.hpp\"\n\n#include <array>\n\nnamespace kimbap::app {\n\n")
string(APPEND body "namespace {\n\nconstexpr std::array kFiles{\n")
foreach(file IN LISTS FILES)
    file(READ ${ROOT}/${file} text)
    string(APPEND body "    Asset{\"${file}\", R\"kimbap_asset(${text})kimbap_asset\"},\n")
endforeach()
string(APPEND body "};\n\n}  // namespace\n\nstd::span<const Asset> embedded_files() { return kFiles; }\n\n")
string(APPEND body "}  // namespace kimbap::app\n")
file(WRITE ${OUTPUT} "${body}")
