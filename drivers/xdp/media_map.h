/* What the XDP program and the gateway agree on. Included by BPF C and by C++. */
#ifndef SALLYPORT_DRIVERS_XDP_MEDIA_MAP_H_
#define SALLYPORT_DRIVERS_XDP_MEDIA_MAP_H_

#include <linux/types.h>

/* Key of the map "media_addresses": an address of ours in network byte order, IPv4 as ::ffff:a.b.c.d. */
struct sallyport_media_address {
  __u32 words[4];
};

/* Its value: the UDP ports that carry media, both included, host byte order. */
struct sallyport_media_ports {
  __u16 first;
  __u16 last;
};

#endif
