// Where OpenSSL keeps its contexts: in memory that no core dump has and that is wiped when it is given back, like our
// own keys. For programs that hold keys; tests and benches that do not care go without.
#pragma once

namespace sallyport::crypto {

/// Has OpenSSL take all of its memory from the secret heap. The first thing in main(), since OpenSSL takes no other
/// memory once it has some: then it answers false and nothing changes.
bool keep_openssl_in_secret_memory() noexcept;

}  // namespace sallyport::crypto
