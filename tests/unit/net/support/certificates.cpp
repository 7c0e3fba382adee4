#include "unit/net/support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace kimbap::net::test {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long kDay = 24 * 3600;

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (extension == nullptr) throw std::runtime_error("no X.509 extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

bool is_address(const std::string& name) {
    return name.find(':') != std::string::npos ||
           name.find_first_not_of("0123456789.") == std::string::npos;
}

template <class Write>
void write_file(const std::string& path, Write write) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    if (file == nullptr) throw std::runtime_error("can't write " + path);
    write(file);
    std::fclose(file);
}

}  // namespace

struct Authority::Pair {
    Certificate certificate;
    Key key;

    static Pair make(const std::string& name, bool authority, int days, const Pair* issuer) {
        Pair pair{Certificate(X509_new(), X509_free), Key(EVP_EC_gen("P-256"), EVP_PKEY_free)};
        static long serial = 0;
        X509* x509 = pair.certificate.get();
        X509_set_version(x509, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(x509), -10 * kDay);
        X509_gmtime_adj(X509_getm_notAfter(x509), days * kDay);
        X509_set_pubkey(x509, pair.key.get());
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
        X509* by = issuer == nullptr ? x509 : issuer->certificate.get();
        X509_set_issuer_name(x509, X509_get_subject_name(by));
        add_extension(x509, by, NID_basic_constraints,
                      authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
        if (!authority) {
            add_extension(x509, by, NID_subject_alt_name,
                          (is_address(name) ? "IP:" : "DNS:") + name);
        }
        X509_sign(x509, issuer == nullptr ? pair.key.get() : issuer->key.get(), EVP_sha256());
        return pair;
    }

    [[nodiscard]] Files write(const std::string& stem) const {
        Files files{stem + ".crt", stem + ".key"};
        write_file(files.certificate,
                   [&](std::FILE* file) { PEM_write_X509(file, certificate.get()); });
        write_file(files.key, [&](std::FILE* file) {
            PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
        return files;
    }
};

Authority::Authority(std::string folder)
    : folder_(std::move(folder)),
      root_(std::make_unique<Pair>(Pair::make("Test authority", true, 1, nullptr))),
      certificate_file_(root_->write(folder_ + "/authority").certificate) {}

Authority::~Authority() = default;

Authority::Files Authority::issue(const std::string& name, int days) const {
    return Pair::make(name, false, days, root_.get()).write(folder_ + "/issued-" + name);
}

Authority::Files Authority::self_signed(const std::string& name) const {
    return Pair::make(name, false, 1, nullptr).write(folder_ + "/self-signed-" + name);
}

}  // namespace kimbap::net::test
