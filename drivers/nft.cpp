#include "drivers/nft.hpp"

#include <nftables/libnftables.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include "crypto/error.hpp"

namespace sallyport::drivers {
namespace {

struct Answer {
  bool good = false;
  std::string words;  ///< what nftables complained about
};

Answer run(const std::string& commands) {
  const std::unique_ptr<nft_ctx, decltype(&nft_ctx_free)> context(nft_ctx_new(NFT_CTX_DEFAULT), nft_ctx_free);
  if (!context) return {false, "cannot reach nftables"};
  nft_ctx_buffer_output(context.get());
  nft_ctx_buffer_error(context.get());
  Answer answer;
  answer.good = nft_run_cmd_from_buffer(context.get(), commands.c_str()) == 0;
  answer.words = nft_ctx_get_error_buffer(context.get());
  answer.words.resize(std::min(answer.words.size(), answer.words.find('\n')));  // the rest draws an arrow at the spot
  return answer;
}

std::string ports_text(PortRange ports) { return std::to_string(ports.first) + "-" + std::to_string(ports.last); }

/// "ip daddr { 192.0.2.1, 192.0.2.2 }", or nothing where there is no address of the family.
std::string destination(const std::vector<IpPrefix>& addresses, bool v6) {
  std::string list;
  for (const IpPrefix& prefix : addresses) {
    if (prefix.address.v6 == v6) list += (list.empty() ? "" : ", ") + prefix.address.to_string();
  }
  if (list.empty()) return list;
  return std::string(v6 ? "ip6" : "ip") + " daddr { " + list + " } ";
}

std::string rule(const std::string& match, const std::string& condition, PortRange ports) {
  if (match.empty()) return "";
  return "  " + match + condition + "udp dport " + ports_text(ports) + " counter drop\n";
}

}  // namespace

NftTable::NftTable(std::string family, std::string name, const std::string& chains)
    : family_(std::move(family)), name_(std::move(name)) {
  const std::string table = family_ + " " + name_;
  // One transaction: whatever stood there goes, and comes back if the new one is refused.
  const Answer answer =
      run("add table " + table + "\ndelete table " + table + "\ntable " + table + " {\n" + chains + "}\n");
  if (!answer.good) {
    throw SetupError("nftables refuses table '" + table + "': " + answer.words +
                     " (expected the right to administer the network, and nf_tables in the kernel)");
  }
}

NftTable::~NftTable() { remove_nft_table(family_, name_); }

bool remove_nft_table(const std::string& family, const std::string& name) {
  return run("delete table " + family + " " + name).good;
}

std::string nft_table_name(const std::string& interface) {
  std::string name = "sallyport_" + interface;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

std::string media_ingress_chain(const std::string& interface, const std::vector<IpPrefix>& addresses, PortRange ports) {
  return " chain media {\n  type filter hook ingress device \"" + interface + "\" priority 0;\n" +
         rule(destination(addresses, false), "ip frag-off & 0x3fff == 0 ", ports) +
         rule(destination(addresses, true), "ip6 nexthdr udp ", ports) + " }\n";
}

std::string media_input_chain(const std::string& interface, const std::vector<IpPrefix>& addresses, PortRange ports) {
  const std::string from = "iifname \"" + interface + "\" ";
  const std::string v4 = destination(addresses, false);
  const std::string v6 = destination(addresses, true);
  return " chain media {\n  type filter hook input priority 0; policy accept;\n" + rule(v4, from, ports) +
         // Behind the first IPv6 fragment there is no port: nftables would compare some other field.
         rule(v6, from + "exthdr frag missing ", ports) + rule(v6, from + "frag frag-off 0 ", ports) + " }\n";
}

}  // namespace sallyport::drivers
