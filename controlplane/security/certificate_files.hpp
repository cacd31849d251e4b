// Certificates and private keys as files, PEM or DER. Used when TLS contexts are made and by commands that show or make
// certificates; blocks for the disk. Private keys never reach a message.
#pragma once

#include <string>
#include <vector>

#include "controlplane/secret_text.hpp"
#include "controlplane/security/openssl_handles.hpp"

namespace sallyport::controlplane {

/// A certificate file (the gateway's own first, then those between it and its CA) and its key's; they may be one file.
struct IdentityFiles {
  std::string certificate;
  std::string key;
};

/// All certificates of a file in its order: any number in PEM, one in DER. Throws SetupError that names the file.
std::vector<OpensslCertificate> read_certificates(const std::string& path);
/// An RSA or EC key; one under a passphrase is refused. Throws SetupError that names the file, also where its mode
/// leaves it to others.
OpensslKey read_private_key(const std::string& path);

struct Identity {
  std::vector<OpensslCertificate> chain;  ///< at least one, the gateway's own first
  OpensslKey key;                         ///< belongs to the first
};
/// Both, which must fit. Throws SetupError.
Identity read_identity(const IdentityFiles& files);

/// The certificates of a file, or of all files *.pem, *.crt, *.cer and *.der of a folder. Throws SetupError where one
/// of them cannot be read or there is none at all.
std::vector<OpensslCertificate> read_trust_store(const std::string& file_or_folder);

std::string to_pem(X509* certificate);
SecretString to_pem(EVP_PKEY* key);  ///< PKCS#8, unencrypted

}  // namespace sallyport::controlplane
