// srtp_protect: turns RTP packets into SRTP with libSRTP. Packets come as lines of hexadecimal digits on the standard
// input and leave the same way, each as soon as it came: a program that sends can keep it running.
#include <iostream>
#include <stdexcept>
#include <string>

#include "tests/demo/srtp_session.hpp"

namespace {

using Packet = std::vector<std::uint8_t>;

Packet from_hex(const std::string& line) {
  if (line.size() % 2 != 0) throw std::runtime_error("an odd number of hexadecimal digits");
  Packet packet;
  for (std::size_t i = 0; i < line.size(); i += 2) {
    packet.push_back(static_cast<std::uint8_t>(std::stoul(line.substr(i, 2), nullptr, 16)));
  }
  return packet;
}

std::string to_hex(const Packet& packet) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string line;
  for (const std::uint8_t byte : packet) {
    line += kDigits[byte >> 4];
    line += kDigits[byte & 15];
  }
  return line;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sallyport::demo;
  try {
    if (argc != 3) throw std::runtime_error("usage: srtp_protect SUITE KEY-FILE");
    const SrtpLibrary library;
    SrtpSession session(argv[1], read_key(argv[2]), SrtpDirection::kProtect);
    for (std::string line; std::getline(std::cin, line);) {
      Packet packet = from_hex(line);
      if (!session.protect_rtp(packet)) throw std::runtime_error("libSRTP refuses a packet");
      std::cout << to_hex(packet) << std::endl;  // flushed: somebody waits for it
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "srtp_protect: " << error.what() << '\n';
    return 2;
  }
}
