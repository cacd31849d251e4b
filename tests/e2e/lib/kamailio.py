"""Kamailio as a proxy and registrar in a namespace of the laboratory: what a trunk leads to."""
import re

from .process import wait_until

_CONFIG = """#!KAMAILIO
debug=2
log_stderror=yes
children=1
{wire}
auto_aliases=no
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "xlog.so"
loadmodule "auth.so"
{tls}
modparam("usrloc", "db_mode", 0)
modparam("registrar", "min_expires", 5)
modparam("auth", "secret", "of the test's nonces")

request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  xlog("L_NOTICE", "saw $rm from $si:$sp for $rU\\n");
  if (search_body("inline:")) xlog("L_NOTICE", "keys from $si\\n");
  if (is_method("OPTIONS") && $rU == $null) {{ sl_send_reply("200", "OK"); exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
    sl_send_reply("404", "Not here"); exit;
  }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
  if (is_method("REGISTER")) {{
    if ($tU == "{user}" && !pv_www_authenticate("test", "{password}", "0")) {{ www_challenge("test", "1"); exit; }}
    save("location");
    xlog("L_NOTICE", "keeps $tU for $expires(max) s\\n");
    exit;
  }}
  record_route();
  if ($si == "{gateway}") {{
    if (!lookup("location")) $du = "{otherwise}";
  }} else {{
    $du = "sip:{gateway}:{gateway_port};transport={transport}";
  }}
  t_relay();
}}

onreply_route {{
  if (search_body("inline:")) xlog("L_NOTICE", "keys from $si\\n");
}}
"""

_UDP = "disable_tcp=yes\nlisten=udp:{address}:{port}"
_TLS = "enable_tls=yes\ntcp_children=1\ntcp_connection_lifetime=600\nlisten=tls:{address}:{port}"
_TLS_MODULE = """loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{certificate}")
modparam("tls", "private_key", "{certificate}")
modparam("tls", "ca_list", "{ca}")
"""


class Kamailio:
    """One instance on UDP, or on TLS by `tls`: its certificate with key, and that of the CA of others. Calls from the
    gateway go to who is registered, else to `otherwise`; all others' calls go to the gateway. `user` needs the password
    to register, nobody else does."""

    def __init__(self, lab, side, port, otherwise, user, password, tls=None):
        self.lab, self.side, self.port, self.process = lab, side, port, None
        self.name = f"kamailio-{port}"
        self.folder = lab.path(self.name)
        self.folder.mkdir()
        self.secure = tls is not None
        self.config = lab.secret(f"{self.name}/kamailio.cfg", _CONFIG.format(
            wire=(_TLS if self.secure else _UDP).format(address=side.client, port=port), otherwise=otherwise,
            tls=_TLS_MODULE.format(certificate=tls[0], ca=tls[1]) if self.secure else "", gateway=side.gateway,
            gateway_port=5061 if self.secure else 5060, transport="tls" if self.secure else "udp", user=user,
            password=password))

    def start(self):
        argv = ["kamailio", "-DD", "-E", "-f", self.config, "-P", self.folder / "pid", "-Y", self.folder, "-m", "32", "-M", "4"]
        self.process = self.lab.start(self.side.namespace, self.name, argv)
        wait_until(self._accepts if self.secure else self._answers, 15, f"{self.name} answers")
        return self

    def _accepts(self):
        with self.side.namespace.socket() as probe:
            return probe.connect_ex((self.side.client, self.port)) == 0

    def _answers(self):
        with self.side.namespace.udp_socket(self.side.client) as probe:
            probe.settimeout(0.2)
            at = f"{self.side.client}:{self.port}"
            probe.sendto((f"OPTIONS sip:{at} SIP/2.0\r\nVia: SIP/2.0/UDP {self.side.client};rport;branch=z9hG4bKprobe\r\n"
                          f"Max-Forwards: 70\r\nFrom: <sip:probe@test>;tag=1\r\nTo: <sip:{at}>\r\nCall-ID: probe\r\n"
                          "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode(), (self.side.client, self.port))
            try:
                return probe.recv(4096).startswith(b"SIP/2.0 200")
            except OSError:
                return False

    def stop(self):
        self.process.stop()

    def registered(self, user):
        """Whether it keeps a registration of that user: 1 or 0, by the latest that it took."""
        kept = re.findall(rf"keeps {user} for (\d+) s", self.process.output())
        return int(bool(kept) and kept[-1] != "0")

    def saw_keys(self, address):
        """How many messages from there had SRTP keys."""
        return self.process.output().count(f"keys from {address}\n")

    def saw(self, what):
        """How often it has relayed or answered that, as "BYE from 192.0.2.1:5060"."""
        return self.process.output().count(f"saw {what}")
