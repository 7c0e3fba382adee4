#include <dlfcn.h>
#include <netdb.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

/// Preloaded into a process under test: a DNS of the test's own. The file that KIMBAP_TEST_HOSTS
/// names has lines "NAME ADDRESS…"; it is read at each look-up, so that a name can come to mean
/// something else. All other names go the usual way.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** results) {
    using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const char* const file = std::getenv("KIMBAP_TEST_HOSTS");
    std::ifstream hosts(file == nullptr ? "" : file);
    for (std::string line; node != nullptr && std::getline(hosts, line);) {
        std::istringstream words(line);
        std::string name;
        words >> name;
        if (name != node) continue;
        addrinfo* first = nullptr;
        addrinfo** next = &first;
        for (std::string address; words >> address;) {
            if (real(address.c_str(), service, hints, next) != 0) return EAI_FAIL;
            while (*next != nullptr) next = &(*next)->ai_next;
        }
        if (first == nullptr) return EAI_NONAME;
        *results = first;
        return 0;
    }
    return real(node, service, hints, results);
}
