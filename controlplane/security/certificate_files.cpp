#include "controlplane/security/certificate_files.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "controlplane/security/secret_file.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

OpensslBio reader(const SecretString& text) {
  OpensslBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) throw SetupError("OpenSSL has no memory");
  return bio;
}

bool is_pem(const SecretString& text) { return text.find("-----BEGIN ") != SecretString::npos; }

/// Without it OpenSSL would ask at the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

template <class Bytes>
Bytes written(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return Bytes(data, static_cast<std::size_t>(length));
}

std::vector<OpensslCertificate> parse_certificates(const SecretString& text) {
  std::vector<OpensslCertificate> certificates;
  const OpensslBio bio = reader(text);
  if (!is_pem(text)) {
    if (X509* const one = d2i_X509_bio(bio.get(), nullptr); one != nullptr) certificates.emplace_back(one);
    return certificates;
  }
  while (X509* const next = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    certificates.emplace_back(next);
  }
  const unsigned long end = ERR_peek_last_error();
  // A damaged one among others must not be passed over.
  if (ERR_GET_LIB(end) != ERR_LIB_PEM || ERR_GET_REASON(end) != PEM_R_NO_START_LINE) certificates.clear();
  return certificates;
}

bool is_certificate_name(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".pem" || extension == ".crt" || extension == ".cer" || extension == ".der";
}

}  // namespace

std::vector<OpensslCertificate> read_certificates(const std::string& path) {
  const SecretString text = read_public_file(path);
  std::vector<OpensslCertificate> certificates = parse_certificates(text);
  if (certificates.empty()) {
    throw SetupError("'" + path + "' is no certificate: expected PEM or DER (" + take_openssl_error() + ")");
  }
  ERR_clear_error();
  return certificates;
}

OpensslKey read_private_key(const std::string& path) {
  const SecretString text = read_secret_file(path);
  const OpensslBio bio = reader(text);
  OpensslKey key(is_pem(text) ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)
                              : d2i_PrivateKey_bio(bio.get(), nullptr));
  if (!key) {
    const bool locked = text.find("ENCRYPTED") != SecretString::npos;
    const std::string reason = take_openssl_error();
    throw SetupError("'" + path + "' " +
                     (locked ? "is a private key under a passphrase: expected one without (protected by mode 0600)"
                             : "is no private key: expected PEM or DER (" + reason + ")"));
  }
  const int kind = EVP_PKEY_get_base_id(key.get());
  if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC) {
    throw SetupError("'" + path + "' is a private key of an unknown kind: expected RSA or EC");
  }
  return key;
}

Identity read_identity(const IdentityFiles& files) {
  Identity identity{read_certificates(files.certificate), read_private_key(files.key)};
  if (X509_check_private_key(identity.chain.front().get(), identity.key.get()) != 1) {
    ERR_clear_error();
    throw SetupError("key '" + files.key + "' does not belong to certificate '" + files.certificate + "'");
  }
  return identity;
}

std::vector<OpensslCertificate> read_trust_store(const std::string& file_or_folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(file_or_folder, error)) return read_certificates(file_or_folder);
  std::vector<fs::path> paths;
  for (fs::directory_iterator at(file_or_folder, error), end; !error && at != end; at.increment(error)) {
    if (is_certificate_name(at->path())) paths.push_back(at->path());
  }
  if (error) throw SetupError("trust store '" + file_or_folder + "' cannot be read: " + error.message());
  std::sort(paths.begin(), paths.end());
  std::vector<OpensslCertificate> certificates;
  for (const fs::path& path : paths) {
    for (OpensslCertificate& certificate : read_certificates(path.string())) {
      certificates.push_back(std::move(certificate));
    }
  }
  if (certificates.empty()) {
    throw SetupError("trust store '" + file_or_folder + "' has no certificate: expected *.pem, *.crt, *.cer or *.der");
  }
  return certificates;
}

std::string to_pem(X509* certificate) {
  const OpensslBio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) throw SetupError(take_openssl_error());
  return written<std::string>(bio.get());
}

SecretString to_pem(EVP_PKEY* key) {
  // The secure kind wipes what it gives back.
  const OpensslBio bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    throw SetupError(take_openssl_error());
  }
  return written<SecretString>(bio.get());
}

}  // namespace sallyport::controlplane
