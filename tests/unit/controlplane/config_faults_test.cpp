// Wrong configurations and exactly what is said of them: every fault with its line, key, value and what was expected.
#include <gtest/gtest.h>

#include "config_fixture.hpp"
#include "drivers/topology.hpp"

namespace sallyport::controlplane {
namespace {

/// Behind the last line.
constexpr unsigned kEnd = 99;

struct Edit {
  unsigned line;
  std::string_view text;
};

/// A change to kSoundConfig and the faults that it must give. CORES stands for the cores of this host.
struct Row {
  std::string_view name;
  std::vector<Edit> edits;
  std::vector<std::string> faults;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows = {
      {"value of another kind",
       {{3, "address = 10.0.0.999/24"}},
       {"FILE:3: key 'port.in.address' = '10.0.0.999/24': expected an address with prefix length, as in 192.0.2.1/24"}},
      {"prefix length missing",
       {{3, "address = 10.0.0.1"}},
       {"FILE:3: key 'port.in.address' = '10.0.0.1': expected an address with prefix length, as in 192.0.2.1/24"}},
      {"multicast address",
       {{3, "address = 224.0.0.1/24"}},
       {"FILE:3: key 'port.in.address' = '224.0.0.1/24': expected an address with prefix length, as in 192.0.2.1/24"}},
      {"misspelt key and what it leaves missing",
       {{3, "adress = 10.0.0.1/24"}},
       {"FILE:1: section [port.in]: key 'address' is missing: expected an address with prefix length, as in "
        "192.0.2.1/24",
        "FILE:3: unknown key 'port.in.adress': expected perhaps 'address'"}},
      {"unknown key near nothing, value unseen",
       {{kEnd, "secret_of_mine = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"}},
       {"FILE:14: unknown key 'stream.one.secret_of_mine': expected a key of the configuration reference"}},
      {"no equals sign",
       {{kEnd, "this is no setting"}},
       {"FILE:14: neither section nor key: expected [name], key = value, or a comment"}},
      {"stray line of base64",
       {{kEnd, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd=="}},
       {"FILE:14: neither section nor key: expected [name], key = value, or a comment"}},
      {"quote not closed",
       {{kEnd, "a.dscp = \"46"}},
       {"FILE:14: key 'stream.one.a.dscp': a quoted value does not end: expected a closing quote on the same line"}},
      {"text behind the quote",
       {{kEnd, "a.dscp = \"46\" 47"}},
       {"FILE:14: key 'stream.one.a.dscp': text behind the closing quote: expected the end of the line or a comment"}},
      {"unknown escape",
       {{kEnd, "a.dscp = \"4\\n6\""}},
       {"FILE:14: key 'stream.one.a.dscp': unknown escape in a quoted value: expected \\\" or \\\\"}},
      {"no value",
       {{kEnd, "a.dscp ="}},
       {"FILE:14: key 'stream.one.a.dscp': no value: expected text behind '=' (\"\" for an empty one)"}},
      {"empty value",
       {{kEnd, "a.dscp = \"\""}},
       {"FILE:14: key 'stream.one.a.dscp' = '': expected keep or a number from 0 to 63"}},
      {"only a comment for a value",
       {{kEnd, "a.dscp = # nothing"}},
       {"FILE:14: key 'stream.one.a.dscp': no value: expected text behind '=' (\"\" for an empty one)"}},
      {"control character",
       {{kEnd, "a.dscp = 4\0016"}},
       {"FILE:14: control character in the line: expected printable text"}},
      {"section not closed",
       {{kEnd, "[log"}, {kEnd, "level = info"}},
       {"FILE:14: malformed section: expected [name] alone on its line"}},
      {"text behind a section",
       {{kEnd, "[log] level = info"}},
       {"FILE:14: malformed section: expected [name] alone on its line"}},
      {"unknown section",
       {{kEnd, "[memroy]"}, {kEnd, "size_mb = 512"}},
       {"FILE:14: unknown section 'memroy': expected perhaps [memory]"}},
      {"unknown kind of named section",
       {{1, "[prot.in]"}},
       {"FILE:1: unknown section 'prot.in': expected perhaps [port.NAME]"}},
      {"unknown section near nothing",
       {{kEnd, "[codecs]"}},
       {"FILE:14: unknown section 'codecs': expected one of [log], [workers], [memory], [crypto], [control], [store], "
        "[capture], "
        "[port.NAME], [stream.NAME], [sip], [srtp], [tls], [line.NAME], [trunk.NAME], "
        "[user.NAME], [route.NAME], [profile.NAME]"}},
      {"port without a name",
       {{1, "[port]"}},
       {"FILE:1: unknown section 'port': expected one of [log], [workers], [memory], [crypto], [control], [store], "
        "[capture], "
        "[port.NAME], "
        "[stream.NAME], [sip], [srtp], [tls], [line.NAME], [trunk.NAME], [user.NAME], [route.NAME], [profile.NAME]"}},
      {"port name too long",
       {{1, "[port.abcdefghijklmnop]"}},
       {"FILE:1: section 'port.abcdefghijklmnop': expected a name of 1 to 15 letters, digits, '-' and '_' behind the "
        "dot"}},
      {"port name with a blank",
       {{1, "[port.two words]"}},
       {"FILE:1: section 'port.two words': expected a name of 1 to 15 letters, digits, '-' and '_' behind the dot"}},
      {"section twice",
       {{kEnd, "[port.in]"}, {kEnd, "descriptors = 512"}},
       {"FILE:14: section 'port.in' appears again: expected once, it is at FILE:1"}},
      {"key before any section",
       {{1, "device = ring:x"}},
       {"FILE:1: key 'device' before any section: expected a [name] line first"}},
      {"key twice",
       {{4, "device = ring:other"}},
       {"FILE:4: key 'port.in.device' is given again: expected once, it is at FILE:2"}},
      {"log level",
       {{kEnd, "[log]"}, {kEnd, "level = loud"}},
       {"FILE:15: key 'log.level' = 'loud': expected trace, debug, info, warning or error"}},
      {"core that does not exist",
       {{kEnd, "[workers]"}, {kEnd, "cores = 0,4095"}},
       {"FILE:15: key 'workers.cores' = '0,4095': expected cores that exist and that this process may use (CORES)"}},
      {"core twice",
       {{kEnd, "[workers]"}, {kEnd, "cores = 0-1,1"}},
       {"FILE:15: key 'workers.cores' = '0-1,1': expected a list of cores, each once, as in 0,2 or 0-3, or all"}},
      {"range of cores backwards",
       {{kEnd, "[workers]"}, {kEnd, "cores = 3-0"}},
       {"FILE:15: key 'workers.cores' = '3-0': expected a list of cores, each once, as in 0,2 or 0-3, or all"}},
      {"number with a tail, number below its range",
       {{kEnd, "[workers]"}, {kEnd, "idle_polls = 64x"}, {kEnd, "idle_sleep_us = 0"}},
       {"FILE:15: key 'workers.idle_polls' = '64x': expected a number from 0 to 1000000",
        "FILE:16: key 'workers.idle_sleep_us' = '0': expected a number from 1 to 10000"}},
      {"number above its range, negative number",
       {{kEnd, "[memory]"}, {kEnd, "size_mb = 9999999999"}, {kEnd, "mbufs = -1"}},
       {"FILE:15: key 'memory.size_mb' = '9999999999': expected a number from 64 to 1048576",
        "FILE:16: key 'memory.mbufs' = '-1': expected a number from 0 to 16777216"}},
      {"no room for the streams",
       {{kEnd, "[memory]"},
        {kEnd, "max_streams = 2"},
        {kEnd, "[stream.two]"},
        {kEnd, "a.local = 10.0.0.1:20002"},
        {kEnd, "a.remote = 10.0.0.9:30002"},
        {kEnd, "b.local = 10.0.1.1:20002"},
        {kEnd, "b.remote = 10.0.1.9:30002"}},
       {"FILE:15: key 'memory.max_streams' = '2': expected at least 4, two sides for each of the 2 streams, which may "
        "all fall to one worker"}},
      {"engine",
       {{kEnd, "[crypto]"}, {kEnd, "engine = fast"}},
       {"FILE:15: key 'crypto.engine' = 'fast': expected auto, lanes, ipsec_mb, openssl, cryptodev or libsrtp"}},
      {"relative socket",
       {{kEnd, "[control]"}, {kEnd, "socket = run/control.sock"}},
       {"FILE:15: key 'control.socket' = 'run/control.sock': expected an absolute path of at most 107 characters"}},
      {"unknown kind of device",
       {{2, "device = usb:1"}},
       {"FILE:2: key 'port.in.device' = 'usb:1': expected linux:IFACE, pci:DDDD:BB:DD.F, memif:/PATH[,queues=N], "
        "ring:NAME or pcap:IN,OUT"}},
      {"PCI address",
       {{2, "device = pci:0000:00:zz.0"}, {4, ""}},
       {"FILE:2: key 'port.in.device' = 'pci:0000:00:zz.0': expected linux:IFACE, pci:DDDD:BB:DD.F, "
        "memif:/PATH[,queues=N], ring:NAME or pcap:IN,OUT"}},
      {"interface name too long",
       {{2, "device = linux:abcdefghijklmnop"}, {4, ""}},
       {"FILE:2: key 'port.in.device' = 'linux:abcdefghijklmnop': expected linux:IFACE, pci:DDDD:BB:DD.F, "
        "memif:/PATH[,queues=N], ring:NAME or pcap:IN,OUT"}},
      {"memif path not absolute",
       {{2, "device = memif:x.sock"}, {4, ""}},
       {"FILE:2: key 'port.in.device' = 'memif:x.sock': expected linux:IFACE, pci:DDDD:BB:DD.F, "
        "memif:/PATH[,queues=N], ring:NAME or pcap:IN,OUT"}},
      {"pcap with one file",
       {{2, "device = pcap:in.pcap"}},
       {"FILE:2: key 'port.in.device' = 'pcap:in.pcap': expected linux:IFACE, pci:DDDD:BB:DD.F, "
        "memif:/PATH[,queues=N], ring:NAME or pcap:IN,OUT"}},
      {"neighbour where Linux resolves",
       {{2, "device = linux:eth0"}},
       {"FILE:4: key 'port.in.neighbour' = '10.0.0.9 02:00:00:00:00:09': expected no such key, since Linux resolves "
        "neighbours on a port with a kernel path"}},
      {"mode on a ring",
       {{2, "device = ring:in\nmode = af_xdp"}},
       {"FILE:3: key 'port.in.mode' = 'af_xdp': expected no such key, since the device is not linux:IFACE"}},
      {"role on a ring",
       {{2, "device = ring:in\nrole = client"}},
       {"FILE:3: key 'port.in.role' = 'client': expected no such key, since the device is not memif:PATH"}},
      {"mac on a Linux interface",
       {{2, "device = linux:eth0"}, {4, "mac = 02:00:00:00:00:01"}},
       {"FILE:4: key 'port.in.mac' = '02:00:00:00:00:01': expected no such key, since a Linux interface keeps its own "
        "MAC address"}},
      {"multicast mac",
       {{2, "device = ring:in\nmac = 03:00:00:00:00:01"}},
       {"FILE:3: key 'port.in.mac' = '03:00:00:00:00:01': expected the MAC address of one station, as in "
        "02:00:00:00:00:01"}},
      {"shared path on PCI",
       {{2, "device = pci:0000:03:00.0"}, {4, "kernel_path = shared"}},
       {"FILE:4: key 'port.in.kernel_path' = 'shared': expected auto, tap or none for this device"}},
      {"tap path on Linux",
       {{2, "device = linux:eth0"}, {4, "kernel_path = tap"}},
       {"FILE:4: key 'port.in.kernel_path' = 'tap': expected auto, shared or none for a Linux interface"}},
      {"tap path on a ring",
       {{2, "device = ring:in"}, {4, "kernel_path = tap"}},
       {"FILE:4: key 'port.in.kernel_path' = 'tap': expected auto or none for this device"}},
      {"tap name without a tap",
       {{2, "device = linux:eth0"}, {4, "tap = tap0"}},
       {"FILE:4: key 'port.in.tap' = 'tap0': expected no such key, since the kernel path is not tap"}},
      {"tap name too long by default",
       {{1, "[port.abcdefghijklmno]"}, {2, "device = pci:0000:03:00.0"}, {4, ""}},
       {"FILE:1: section [port.abcdefghijklmno]: key 'tap': expected a name, since 'sp-abcdefghijklmno' is too long "
        "for an interface (15 characters)"}},
      {"two taps of one name",
       {{2, "device = pci:0000:03:00.0"}, {4, "tap = tap0"}, {6, "device = pci:0000:03:00.1"}, {8, "tap = tap0"}},
       {"FILE:8: key 'port.out.tap' = 'tap0': expected an interface of its own, 'tap0' is that of [port.in] at "
        "FILE:4"}},
      {"device twice",
       {{6, "device = ring:in"}},
       {"FILE:6: key 'port.out.device' = 'ring:in': expected a device used once, it is also that of [port.in] at "
        "FILE:2"}},
      {"PCI device twice in other case",
       {{2, "device = pci:0000:0a:00.0"}, {4, ""}, {6, "device = pci:0000:0A:00.0"}, {8, ""}},
       {"FILE:6: key 'port.out.device' = 'pci:0000:0A:00.0': expected a device used once, it is also that of [port.in] "
        "at FILE:2"}},
      {"address twice",
       {{7, "address = 10.0.0.1/16"}},
       {"FILE:7: key 'port.out.address' = '10.0.0.1/16': expected an address used once, it is also in [port.in] at "
        "FILE:3",
        "FILE:12: key 'stream.one.b.local' = '10.0.1.1:20000': expected an address of one of the ports"}},
      {"gateway off-link",
       {{8, "neighbour = 10.0.1.9 02:00:00:00:01:09\ngateway = 10.0.2.1"}},
       {"FILE:9: key 'port.out.gateway' = '10.0.2.1': expected an address on the link of one of the port's addresses"}},
      {"gateway is our own address",
       {{8, "neighbour = 10.0.1.9 02:00:00:00:01:09\ngateway = 10.0.1.1"}},
       {"FILE:9: key 'port.out.gateway' = '10.0.1.1': expected an address of another host, not our own"}},
      {"two gateways of a family",
       {{8, "neighbour = 10.0.1.9 02:00:00:00:01:09\ngateway = 10.0.1.2\ngateway = 10.0.1.3"}},
       {"FILE:10: key 'port.out.gateway' = '10.0.1.3': expected one gateway per address family"}},
      {"media ports backwards",
       {{8, "neighbour = 10.0.1.9 02:00:00:00:01:09\nmedia_ports = 30000-20000"}},
       {"FILE:9: key 'port.out.media_ports' = '30000-20000': expected two UDP ports, as in 20000-39999"}},
      {"descriptors no power of two",
       {{8, "neighbour = 10.0.1.9 02:00:00:00:01:09\ndescriptors = 1000"}},
       {"FILE:9: key 'port.out.descriptors' = '1000': expected a power of two from 64 to 8192"}},
      {"neighbour without MAC",
       {{4, "neighbour = 10.0.0.9"}},
       {"FILE:4: key 'port.in.neighbour' = '10.0.0.9': expected an address and a MAC address, as in 192.0.2.9 "
        "02:00:00:00:00:09"}},
      {"yes or no",
       {{8, "neighbour = 10.0.1.9 02:00:00:00:01:09\nudp_checksum = true"}},
       {"FILE:9: key 'port.out.udp_checksum' = 'true': expected yes or no"}},
      {"families differ",
       {{11, "a.remote = [2001:db8::1]:30000"}},
       {"FILE:11: key 'stream.one.a.remote' = '[2001:db8::1]:30000': expected an address of the same family as "
        "a.local"}},
      {"IPv6 without brackets",
       {{11, "a.remote = 2001:db8::1:30000"}},
       {"FILE:11: key 'stream.one.a.remote' = '2001:db8::1:30000': expected an address and UDP port, as in "
        "192.0.2.1:20000 or [2001:db8::1]:20000"}},
      {"UDP port 0",
       {{11, "a.remote = 10.0.0.9:0"}},
       {"FILE:11: key 'stream.one.a.remote' = '10.0.0.9:0': expected an address and UDP port, as in 192.0.2.1:20000 or "
        "[2001:db8::1]:20000"}},
      {"local address of no port",
       {{12, "b.local = 10.0.1.7:20000"}},
       {"FILE:12: key 'stream.one.b.local' = '10.0.1.7:20000': expected an address of one of the ports"}},
      {"local port outside media_ports",
       {{12, "b.local = 10.0.1.1:1000"}},
       {"FILE:12: key 'stream.one.b.local' = '10.0.1.1:1000': expected a UDP port that is, with the next one for RTCP, "
        "in media_ports of [port.out] (20000-39999)"}},
      {"odd port for a pair",
       {{10, "a.local = 10.0.0.1:20001"}},
       {"FILE:10: key 'stream.one.a.local' = '10.0.0.1:20001': expected an even UDP port, since a.rtcp is pair"}},
      {"RTCP behind the end of media_ports",
       {{4, "neighbour = 10.0.0.9 02:00:00:00:00:09\nmedia_ports = 20000-20000"}},
       {"FILE:11: key 'stream.one.a.local' = '10.0.0.1:20000': expected a UDP port that is, with the next one for "
        "RTCP, in media_ports of [port.in] (20000-20000)"}},
      {"two sides on one endpoint",
       {{12, "b.local = 10.0.0.1:20000"}, {13, "b.remote = 10.0.0.9:30000"}},
       {"FILE:12: key 'stream.one.b.local' = '10.0.0.1:20000': expected a UDP port used once, 10.0.0.1:20000 is also "
        "that of [stream.one] a.local at FILE:10"}},
      {"RTP of one stream on RTCP of another",
       {{kEnd, "[stream.two]"},
        {kEnd, "a.local = 10.0.0.1:20001\na.rtcp = mux"},
        {kEnd, "a.remote = 10.0.0.9:30002"},
        {kEnd, "b.local = 10.0.1.1:20002"},
        {kEnd, "b.remote = 10.0.1.9:30002"}},
       {"FILE:15: key 'stream.two.a.local' = '10.0.0.1:20001': expected a UDP port used once, 10.0.0.1:20001 is also "
        "that of [stream.one] a.local (RTCP) at FILE:10"}},
      {"remote is ourselves",
       {{11, "a.remote = 10.0.0.1:20000"}},
       {"FILE:11: key 'stream.one.a.remote' = '10.0.0.1:20000': expected another endpoint than our own",
        "FILE:11: key 'stream.one.a.remote' = '10.0.0.1:20000': expected an address that [port.in] can reach: it has "
        "no kernel path, and no neighbour for its next hop 10.0.0.1"}},
      {"next hop that nobody resolves",
       {{11, "a.remote = 10.0.0.8:30000"}},
       {"FILE:11: key 'stream.one.a.remote' = '10.0.0.8:30000': expected an address that [port.in] can reach: it has "
        "no kernel path, and no neighbour for its next hop 10.0.0.8"}},
      {"off-link without gateway",
       {{11, "a.remote = 10.9.9.9:30000"}},
       {"FILE:11: key 'stream.one.a.remote' = '10.9.9.9:30000': expected an address that [port.in] can reach: it has "
        "no kernel path, and no gateway for it"}},
      {"stream side missing",
       {{12, ""}, {13, ""}},
       {"FILE:9: section [stream.one]: key 'b.local' is missing: expected an address and UDP port, as in "
        "192.0.2.1:20000 or [2001:db8::1]:20000",
        "FILE:9: section [stream.one]: key 'b.remote' is missing: expected an address and UDP port, as in "
        "192.0.2.1:20000 or [2001:db8::1]:20000"}},
      {"unknown suite",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"}},
       {"FILE:14: key 'stream.one.a.suite' = 'AES_CM_128_HMAC_SHA1': expected AEAD_AES_256_GCM, AEAD_AES_128_GCM, "
        "AES_256_CM_HMAC_SHA1_80, AES_192_CM_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_80, the same with _32, "
        "F8_128_HMAC_SHA1_80, or one of the unregistered F8_128_HMAC_SHA1_32, AEAD_AES_256_GCM_8, AEAD_AES_128_GCM_8, "
        "NULL_HMAC_SHA1_80, NULL_HMAC_SHA1_32"}},
      {"suite without keys",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"}},
       {"FILE:14: section [stream.one]: key 'a.send_key' is missing: expected one, since a.suite is set",
        "FILE:14: section [stream.one]: key 'a.receive_key' is missing: expected one, since a.suite is set"}},
      {"keys without suite",
       {{kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"}},
       {"FILE:14: key 'stream.one.a.send_key': no suite: expected 'a.suite' with it, or no key"}},
      {"key too short",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"}},
       {"FILE:15: key 'stream.one.a.send_key': master key for AES_CM_128_HMAC_SHA1_80: expected 40 base64 characters "
        "(30 bytes: 16 key + 14 salt), got 39"}},
      {"key not base64",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = !hwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"}},
       {"FILE:16: key 'stream.one.a.receive_key': master key for AES_CM_128_HMAC_SHA1_80: expected 40 base64 "
        "characters (30 bytes: 16 key + 14 salt), character 1 is none"}},
      {"key in the wrong place",
       {{kEnd, "a.suite = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"}},
       {"FILE:14: key 'stream.one.a.suite' = (hidden): expected AEAD_AES_256_GCM, AEAD_AES_128_GCM, "
        "AES_256_CM_HMAC_SHA1_80, AES_192_CM_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_80, the same with _32, "
        "F8_128_HMAC_SHA1_80, or one of the unregistered F8_128_HMAC_SHA1_32, AEAD_AES_256_GCM_8, AEAD_AES_128_GCM_8, "
        "NULL_HMAC_SHA1_80, NULL_HMAC_SHA1_32",
        "FILE:14: section [stream.one]: key 'a.send_key' is missing: expected one, since a.suite is set",
        "FILE:14: section [stream.one]: key 'a.receive_key' is missing: expected one, since a.suite is set"}},
      {"same key both ways",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"}},
       {"FILE:16: key 'stream.one.a.receive_key': expected another key than in the other direction: both senders would "
        "share keystreams; the same key is 'stream.one.a.send_key' at FILE:15"}},
      {"two senders with one key",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"},
        {kEnd, "b.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "b.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "b.receive_key = MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xN"}},
       {"FILE:18: key 'stream.one.b.send_key': expected a key of its own: two senders with one key can be decrypted "
        "without it; the same key is 'stream.one.a.send_key' at FILE:15"}},
      {"one side sends what another receives with",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"},
        {kEnd, "b.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "b.send_key = MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xN"},
        {kEnd, "b.receive_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"}},
       {"FILE:19: key 'stream.one.b.receive_key': expected a key of its own: what one side sends with another must not "
        "receive with (for a lab that loops: allow_index_reuse_in_lab = yes); the same key is 'stream.one.a.send_key' "
        "at FILE:15"}},
      {"key file missing",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = file:/nonexistent/a.key"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"}},
       {"FILE:15: key 'stream.one.a.send_key': key file '/nonexistent/a.key' cannot be read: No such file or "
        "directory"}},
      {"fixed SSRC on an SRTP side",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"},
        {kEnd, "a.ssrc = 0x1234abcd"}},
       {"FILE:17: key 'stream.one.a.ssrc' = '0x1234abcd': expected random: with a fixed SSRC every restart uses the "
        "same keystream again (for a lab: allow_index_reuse_in_lab = yes)"}},
      {"lifetime of a key",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^49"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"}},
       {"FILE:15: key 'stream.one.a.send_key': key parameter 1: expected one lifetime as in |2^20 or |100000 behind "
        "the key, at most 2^48 packets"}},
      {"MKI that does not fit",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = inline:HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA|2^31|256:1"}},
       {"FILE:16: key 'stream.one.a.receive_key': key parameter 1: expected an MKI as in |1:4 at its end, a number "
        "that fits its 1 to 128 bytes"}},
      {"several keys without MKIs",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd;MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xN"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"}},
       {"FILE:15: key 'stream.one.a.send_key': suite AES_CM_128_HMAC_SHA1_80: several master keys need MKIs"}},
      {"one key under two MKIs",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd,
         "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|1:1;AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2:1"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"}},
       {"FILE:15: key 'stream.one.a.send_key': expected keys that differ: each MKI names one of its own; the same key "
        "is 'stream.one.a.send_key' at FILE:15"}},
      {"send_with beyond the keys",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"},
        {kEnd, "a.send_with = 2"}},
       {"FILE:17: key 'stream.one.a.send_with' = '2': expected at most 1, as many as there are send keys"}},
      {"unknown session parameter",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"},
        {kEnd, "a.session_parameters = UNENCRYPTED"}},
       {"FILE:17: key 'stream.one.a.session_parameters' = 'UNENCRYPTED': expected UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP, "
        "UNAUTHENTICATED_SRTP, KDR=0 or 8 to 24, WSH=64 to 4096, each once, apart by blanks"}},
      {"session parameter twice and out of range",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"},
        {kEnd, "a.session_parameters = KDR=8 KDR=8"},
        {kEnd, "b.session_parameters = WSH=5000"}},
       {"FILE:17: key 'stream.one.a.session_parameters' = 'KDR=8 KDR=8': expected UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP, "
        "UNAUTHENTICATED_SRTP, KDR=0 or 8 to 24, WSH=64 to 4096, each once, apart by blanks",
        "FILE:18: key 'stream.one.b.session_parameters' = 'WSH=5000': expected UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP, "
        "UNAUTHENTICATED_SRTP, KDR=0 or 8 to 24, WSH=64 to 4096, each once, apart by blanks",
        "FILE:18: key 'stream.one.b.session_parameters' = 'WSH=5000': expected no such key, since there is no "
        "b.suite"}},
      {"session parameter that the suite cannot have",
       {{kEnd, "a.suite = AEAD_AES_128_GCM"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="},
        {kEnd, "a.receive_key = EBECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="},
        {kEnd, "a.session_parameters = UNAUTHENTICATED_SRTP"}},
       {"FILE:17: key 'stream.one.a.session_parameters' = 'UNAUTHENTICATED_SRTP': expected what goes together: suite "
        "AEAD_AES_128_GCM: UNAUTHENTICATED_SRTP is not possible with an AEAD suite"}},
      {"KDR with several keys",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd,
         "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|1:1;MDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xN|2:1"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"},
        {kEnd, "a.session_parameters = KDR=10"}},
       {"FILE:15: key 'stream.one.a.send_key': expected one key, since KDR does not go with several"}},
      {"replay window and ROC",
       {{kEnd, "a.suite = AES_CM_128_HMAC_SHA1_80"},
        {kEnd, "a.send_key = AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"},
        {kEnd, "a.receive_key = HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA"},
        {kEnd, "a.replay_window = 64"},
        {kEnd, "a.receive_roc = 7"}},
       {"FILE:17: key 'stream.one.a.replay_window' = '64': expected a number from 128 to 4096",
        "FILE:18: key 'stream.one.a.receive_roc' = '7': expected an SSRC, once, and its ROC, as in 0x1234abcd:3"}},
      {"what is SRTP's on a plain side",
       {{kEnd, "a.session_parameters = KDR=8"},
        {kEnd, "a.replay_window = 256"},
        {kEnd, "a.receive_roc = 0x1:2"},
        {kEnd, "a.accept_unencrypted_srtcp = yes"},
        {kEnd, "b.send_with = 1"}},
       {"FILE:14: key 'stream.one.a.session_parameters' = 'KDR=8': expected no such key, since there is no a.suite",
        "FILE:15: key 'stream.one.a.replay_window' = '256': expected no such key, since there is no a.suite",
        "FILE:16: key 'stream.one.a.receive_roc' = '0x1:2': expected no such key, since there is no a.suite",
        "FILE:17: key 'stream.one.a.accept_unencrypted_srtcp' = 'yes': expected no such key, since there is no a.suite",
        "FILE:18: key 'stream.one.b.send_with' = '1': expected no such key, since there is no b.suite"}},
      {"engine that lacks a suite",
       {{kEnd, "[crypto]"}, {kEnd, "engine.F8_128_HMAC_SHA1_80 = libsrtp"}},
       {"FILE:15: key 'crypto.engine.F8_128_HMAC_SHA1_80' = 'libsrtp': expected an engine that has this suite"}},
      {"engine of an unknown suite",
       {{kEnd, "[crypto]"}, {kEnd, "engine.AES_CM_128_HMAC_SHA1_8 = openssl"}},
       {"FILE:15: unknown key 'crypto.engine.AES_CM_128_HMAC_SHA1_8': expected perhaps "
        "'engine.AES_CM_128_HMAC_SHA1_80'"}},
      {"crypto device missing",
       {{kEnd, "[crypto]"}, {kEnd, "engine = cryptodev"}},
       {"FILE:14: section [crypto]: key 'device': expected a device, since the engine cryptodev is chosen"}},
      {"crypto device that nothing uses, and one that is none",
       {{kEnd, "[crypto]"}, {kEnd, "device = crypto_aesni_mb"}, {kEnd, "device_mode = fast"}},
       {"FILE:15: key 'crypto.device' = 'crypto_aesni_mb': expected no such key, since nothing uses cryptodev",
        "FILE:16: key 'crypto.device_mode' = 'fast': expected async or cpu",
        "FILE:16: key 'crypto.device_mode' = 'fast': expected no such key, since nothing uses cryptodev"}},
      {"SSRC not hexadecimal",
       {{kEnd, "a.ssrc = 1234"}},
       {"FILE:14: key 'stream.one.a.ssrc' = '1234': expected random or 0x and up to 8 hexadecimal digits"}},
      {"dscp",
       {{kEnd, "a.dscp = 64"}},
       {"FILE:14: key 'stream.one.a.dscp' = '64': expected keep or a number from 0 to 63"}},
      {"rtcp mode",
       {{kEnd, "a.rtcp = both"}},
       {"FILE:14: key 'stream.one.a.rtcp' = 'both': expected pair, mux or off"}},
      {"source check",
       {{kEnd, "b.source_check = yes"}},
       {"FILE:14: key 'stream.one.b.source_check' = 'yes': expected address, address_and_port or off"}},
      {"clock rate, timeout, grace",
       {{kEnd, "clock_rate = 8"}, {kEnd, "media_timeout = -1"}, {kEnd, "rekey_grace_ms = 1s"}},
       {"FILE:14: key 'stream.one.clock_rate' = '8': expected a number from 1000 to 384000",
        "FILE:15: key 'stream.one.media_timeout' = '-1': expected a number from 0 to 86400",
        "FILE:16: key 'stream.one.rekey_grace_ms' = '1s': expected a number from 0 to 600000"}},
      {"several faults, in the order of lines",
       {{kEnd, "a.dscp = 64"},
        {kEnd, "[workers]"},
        {kEnd, "idle_polls = many"},
        {2, "device = nothing"},
        {kEnd, "neither this"}},
       {"FILE:2: key 'port.in.device' = 'nothing': expected linux:IFACE, pci:DDDD:BB:DD.F, memif:/PATH[,queues=N], "
        "ring:NAME or pcap:IN,OUT",
        "FILE:14: key 'stream.one.a.dscp' = '64': expected keep or a number from 0 to 63",
        "FILE:16: key 'workers.idle_polls' = 'many': expected a number from 0 to 1000000",
        "FILE:17: neither section nor key: expected [name], key = value, or a comment"}},
  };
  return kRows;
}

class WrongConfig : public testing::TestWithParam<Row> {};

TEST_P(WrongConfig, IsRefusedWithEveryFault) {
  const Row& row = GetParam();
  std::string text(kSoundConfig);
  for (const Edit& edit : row.edits) text = with_line(text, edit.line, edit.text);
  std::vector<std::string> expected = row.faults;
  for (std::string& fault : expected) {
    const std::size_t at = fault.find("CORES");
    if (at != std::string::npos) fault.replace(at, 5, drivers::format_cpu_list(drivers::process_cores()));
  }
  const TemporaryFolder folder;
  EXPECT_EQ(faults_of(folder.write("sallyport.conf", text)), expected) << row.name << "\n" << text;
}

std::string test_name(const testing::TestParamInfo<Row>& info) {
  std::string name(info.param.name);
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Table, WrongConfig, testing::ValuesIn(rows()), test_name);

}  // namespace
}  // namespace sallyport::controlplane
