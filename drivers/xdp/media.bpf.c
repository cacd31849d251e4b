/*
 * The XDP program of a shared Linux interface. Runs in the kernel on every frame that the interface receives: UDP to an
 * address and port that the gateway keeps for media goes to the gateway's AF_XDP socket; everything else (ARP, ICMP,
 * TCP, fragments, IP options, other addresses and ports) goes on to Linux untouched. As long as the map is empty, or
 * when the gateway is gone and its sockets with it, everything goes on to Linux.
 * DPDK's af_xdp driver loads it and puts its sockets into "xsks_map", the name that driver asks for.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "media_map.h"

struct {
  __uint(type, BPF_MAP_TYPE_XSKMAP);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u32);
} xsks_map SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, struct sallyport_media_address);
  __type(value, struct sallyport_media_ports);
} media_addresses SEC(".maps");

struct vlan_header {
  __be16 tag;
  __be16 protocol;
};

/* Where the UDP header is and whom the datagram is for; null where it is not plain UDP. */
struct destination {
  const struct udphdr* udp;
  struct sallyport_media_address address;
};

static __always_inline void parse_ipv4(const void* header, const void* end, struct destination* to) {
  const __u16 kFragment = 0x3fff; /* more fragments, or an offset (RFC 791 3.1) */
  const struct iphdr* ip = header;
  if ((const void*)(ip + 1) > end) return;
  if (ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP) return;
  if (ip->frag_off & bpf_htons(kFragment)) return;
  to->address.words[2] = bpf_htonl(0xffff);
  to->address.words[3] = ip->daddr;
  to->udp = (const void*)(ip + 1);
}

static __always_inline void parse_ipv6(const void* header, const void* end, struct destination* to) {
  const struct ipv6hdr* ip = header;
  if ((const void*)(ip + 1) > end) return;
  if (ip->version != 6 || ip->nexthdr != IPPROTO_UDP) return;
  __builtin_memcpy(to->address.words, &ip->daddr, sizeof to->address.words);
  to->udp = (const void*)(ip + 1);
}

SEC("xdp")
int sallyport_media(struct xdp_md* context) {
  const void* end = (const void*)(long)context->data_end;
  const struct ethhdr* ethernet = (const void*)(long)context->data;
  if ((const void*)(ethernet + 1) > end) return XDP_PASS;

  const void* header = ethernet + 1;
  __be16 protocol = ethernet->h_proto;
  if (protocol == bpf_htons(ETH_P_8021Q)) {
    const struct vlan_header* vlan = header;
    if ((const void*)(vlan + 1) > end) return XDP_PASS;
    protocol = vlan->protocol;
    header = vlan + 1;
  }

  struct destination to = {};
  if (protocol == bpf_htons(ETH_P_IP)) parse_ipv4(header, end, &to);
  if (protocol == bpf_htons(ETH_P_IPV6)) parse_ipv6(header, end, &to);
  if (!to.udp || (const void*)(to.udp + 1) > end) return XDP_PASS;

  const struct sallyport_media_ports* ports = bpf_map_lookup_elem(&media_addresses, &to.address);
  const __u16 port = bpf_ntohs(to.udp->dest);
  if (!ports || port < ports->first || port > ports->last) return XDP_PASS;
  return bpf_redirect_map(&xsks_map, context->rx_queue_index, XDP_PASS);
}

/* No helper in use is reserved for GPL programs. */
char program_license[] SEC("license") = "Apache-2.0";
