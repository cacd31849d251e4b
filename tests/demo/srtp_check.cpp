// srtp_check: judges captured SRTP with libSRTP, which shares no code with the gateway. One line of JSON says how many
// packets to a UDP port there were, how many authenticate under the key, how many under a wrong one, and, given the raw
// bytes that were played, how many packets hold some of them in the clear and how many hold them once decrypted.
#include <algorithm>
#include <cstring>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <unordered_set>

#include "tests/demo/pcap_file.hpp"
#include "tests/demo/srtp_session.hpp"

namespace {

using namespace sallyport::demo;

struct Options {
  std::string pcap, suite, key_file, clear_file;
  std::uint16_t port = 0;
  bool rtcp = false;
};

struct Verdict {
  std::size_t packets = 0;
  std::size_t authentic = 0;
  std::size_t wrong_key_authentic = 0;
  std::size_t clear_on_wire = 0;
  std::size_t clear_decrypted = 0;
};

/// Every run of 8 bytes in what was played. Eight random bytes are never among so few: what is found is no accident.
class PlayedBytes {
 public:
  explicit PlayedBytes(const Bytes& played) {
    for (std::size_t i = 0; i + kRun <= played.size(); ++i) runs_.insert(run_at(played, i));
  }

  bool any_in(const Bytes& packet) const {
    for (std::size_t i = 0; i + kRun <= packet.size(); ++i) {
      if (runs_.contains(run_at(packet, i))) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kRun = 8;

  static std::uint64_t run_at(const Bytes& bytes, std::size_t at) {
    std::uint64_t run = 0;
    std::memcpy(&run, bytes.data() + at, kRun);
    return run;
  }

  std::unordered_set<std::uint64_t> runs_;
};

Options parse(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::string*> texts{{"--pcap", &options.pcap},
                                                  {"--suite", &options.suite},
                                                  {"--key-file", &options.key_file},
                                                  {"--clear", &options.clear_file}};
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--rtcp") {
      options.rtcp = true;
    } else if (i + 1 == argc) {
      throw std::runtime_error(name + " needs a value");
    } else if (name == "--port") {
      options.port = static_cast<std::uint16_t>(std::stoul(argv[++i]));
    } else if (const auto text = texts.find(name); text != texts.end()) {
      *text->second = argv[++i];
    } else {
      throw std::runtime_error("unknown option " + name);
    }
  }
  if (options.pcap.empty() || options.suite.empty() || options.key_file.empty() || options.port == 0) {
    throw std::runtime_error(
        "usage: srtp_check --pcap FILE --port UDP-PORT --suite NAME --key-file FILE [--clear RAW-FILE] [--rtcp]");
  }
  return options;
}

bool unprotect(SrtpSession& session, Bytes& packet, bool rtcp) {
  return rtcp ? session.unprotect_rtcp(packet) : session.unprotect_rtp(packet);
}

Verdict judge(const Options& options) {
  const Bytes key = read_key(options.key_file);
  Bytes wrong_key = key;
  wrong_key.front() ^= 1;  // one bit of 128: nothing may pass
  SrtpSession right(options.suite, key, SrtpDirection::kUnprotect);
  SrtpSession wrong(options.suite, wrong_key, SrtpDirection::kUnprotect);
  const PlayedBytes played(options.clear_file.empty() ? Bytes{} : read_bytes(options.clear_file));
  Verdict verdict;
  for (const Bytes& packet : udp_payloads(options.pcap, options.port)) {
    ++verdict.packets;
    verdict.clear_on_wire += played.any_in(packet) ? 1 : 0;
    Bytes copy = packet;
    verdict.wrong_key_authentic += unprotect(wrong, copy, options.rtcp) ? 1 : 0;
    copy = packet;
    if (!unprotect(right, copy, options.rtcp)) continue;
    ++verdict.authentic;
    verdict.clear_decrypted += played.any_in(copy) ? 1 : 0;
  }
  return verdict;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse(argc, argv);
    const SrtpLibrary library;
    const Verdict verdict = judge(options);
    std::cout << "{\"packets\": " << verdict.packets << ", \"authentic\": " << verdict.authentic
              << ", \"wrong_key_authentic\": " << verdict.wrong_key_authentic
              << ", \"clear_on_wire\": " << verdict.clear_on_wire
              << ", \"clear_decrypted\": " << verdict.clear_decrypted << "}\n";
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "srtp_check: " << error.what() << '\n';
    return 2;
  }
}
