// nftables tables of ours, installed and removed through libnftables (no shell, no program). Control thread.
#pragma once

#include <string>
#include <vector>

#include "drivers/ip_address.hpp"

namespace sallyport::drivers {

/// Installs a table for as long as it lives; one that a killed predecessor left under the same name is replaced.
class NftTable {
 public:
  /// `family`: "inet" or "netdev"; `chains`: the table's body. Throws SetupError with nftables' own words.
  NftTable(std::string family, std::string name, const std::string& chains);
  ~NftTable();
  NftTable(const NftTable&) = delete;
  NftTable& operator=(const NftTable&) = delete;

 private:
  std::string family_;
  std::string name_;
};

/// Removes a table; says whether there was one.
bool remove_nft_table(const std::string& family, const std::string& name);

/// The name of our tables for an interface: letters, digits and '_' only.
std::string nft_table_name(const std::string& interface);

/// Chain at the very start of an interface's receive path that drops media for Linux (packet sockets are served
/// before). Whole datagrams only: fragments pass, so that Linux puts them together for the next chain.
std::string media_ingress_chain(const std::string& interface, const std::vector<IpPrefix>& addresses, PortRange ports);

/// Chain before Linux's sockets: drops media that came as fragments, and with it the ICMP "port unreachable" that Linux
/// would answer. IPv4 is put together by then; of IPv6, which is not, the first fragment is dropped and the others wait
/// in vain (no ICMP "time exceeded" without the first, RFC 8200 4.5). Fragments of anything else (IKE, say) are not
/// touched.
std::string media_input_chain(const std::string& interface, const std::vector<IpPrefix>& addresses, PortRange ports);

}  // namespace sallyport::drivers
