#!/usr/bin/env python3
"""Who may ask for what beyond calls (requirement S7): REFER outside of a dialog, unsolicited NOTIFY, INVITE with Replaces
and SUBSCRIBE, by trunk, by line and, where digest is on, by application user; 403 for the rest."""
from lib.gateway import Gateway, lab_sections
from lib.lab import Lab, missing
from lib.tap import main
from lib.udp_phone import UdpPhone

#: What each request is answered where it is accepted, and the rule that it needs. No dialog is there to be replaced, no
#: event package is offered, and calls are not placed for a REFER.
ACCEPTED = {"REFER": (501, "refer"), "NOTIFY": (200, "notify"), "INVITE": (481, "replaces"), "SUBSCRIBE": (489, "presence")}
#: Trunks by name, with the port that each comes from; the last two ask for digest.
TRUNKS = {"open": 5090, "closed": 5091, "apps": 5092, "shut": 5093}
EVERYTHING = ["refer", "notify", "replaces", "presence"]


class Site:
    """Trunks, users and a line that differ in what is accepted from them."""

    def __enter__(self):
        self.lab = lab = Lab().__enter__()
        self.sections = lab_sections(lab)
        self.sections["sip"] = {"listen": f"udp:{lab.rtp.gateway}:5060", "realm": "gw.test"}
        for name, port in TRUNKS.items():
            self.sections[f"trunk.{name}"] = {"target": f"udp:{lab.rtp.client}:{port}", "keep_alive": 0, "port": lab.rtp.port}
        for name in ("open", "apps"):
            self.sections[f"trunk.{name}"]["accept"] = EVERYTHING
        for name in ("apps", "shut"):
            self.sections[f"trunk.{name}"]["challenge"] = "yes"
        password = f"file:{lab.secret('password', 'chalk')}"
        self.sections["user.board"] = {"password": password, "accept": ["notify", "presence"]}
        self.sections["user.desk"] = {"password": password}
        self.sections["line.ann"] = {"number": "100", "port": lab.rtp.port}
        self.sections["line.eve"] = {"number": "200", "port": lab.rtp.port, "accept": "notify"}
        self.gateway = Gateway(lab, self.sections)
        self.gateway.start()
        self.phones = []
        return self

    def __exit__(self, *_):
        for phone in self.phones:
            phone.close()
        self.lab.__exit__(*_)

    def phone(self, user, port, password=""):
        self.phones.append(UdpPhone(self.lab.rtp, user, password, port))
        return self.phones[-1]


def ask(phone, method, *more):
    """One request outside of a dialog; its final answer."""
    gateway = phone.side.gateway
    own = {"REFER": [f"Refer-To: <sip:200@{gateway}>"], "NOTIFY": ["Event: message-summary", "Subscription-State: active"],
           "INVITE": ["Replaces: nobody;to-tag=1;from-tag=2"], "SUBSCRIBE": ["Event: presence", "Expires: 600"]}
    uri = f"sip:100@{gateway}"
    return phone.final(phone.ask(method, uri, f"<{uri}>", *own[method], *more))


def ask_proved(phone, method):
    """The same with credentials."""
    challenge = ask(phone, method)
    return ask(phone, method, phone.credentials(challenge, method=method, uri=f"sip:100@{phone.side.gateway}"))


def by_trunk(tap):
    """what a trunk or a line may ask for"""
    with Site() as site:
        trusted, other = site.phone("pbx", TRUNKS["open"]), site.phone("pbx", TRUNKS["closed"])
        ann, eve = site.phone("ann", 5070), site.phone("eve", 5071)
        for method, (status, rule) in ACCEPTED.items():
            tap.equal(ask(trusted, method).status, status, f"{method} of a trunk that accepts {rule}")
            tap.equal(ask(other, method).status, 403, f"{method} of one that does not")
            site.gateway.wait_for_log(f"is not accepted from trunk closed: its accept has no {rule}")
            tap.equal(ask(ann, method).status, 403, f"{method} of a line without it")
            tap.equal(ask(eve, method).status, status if rule == "notify" else 403, f"{method} of a line with notify only")
        tap.equal(ask(trusted, "SUBSCRIBE")["Allow-Events"], "refer", "a refused SUBSCRIBE hears which events there are")
        tap.equal(ask(site.phone("mallory", 5099), "NOTIFY").status, 403, "who is neither line nor trunk is refused")
        tap.equal(site.gateway.json("calls")["calls"], [], "none of that made a call")
        site.sections["trunk.closed"]["accept"] = ["notify"]
        site.gateway.write(site.sections)
        site.gateway.reload()
        site.gateway.wait_for_log("reloaded ")
        tap.equal(ask(other, "NOTIFY").status, 200, "a reload accepts more")
        tap.equal(ask(other, "REFER").status, 403, "and no more than it says")


def by_user(tap):
    """what an application may ask for"""
    with Site() as site:
        board, shut = (site.phone("board", TRUNKS[name], "chalk") for name in ("apps", "shut"))
        for method, (status, rule) in ACCEPTED.items():
            tap.equal(ask(board, method).status, 401, f"{method} of a trunk that asks for digest")
            wanted = status if rule in ("notify", "presence") else 403
            tap.equal(ask_proved(board, method).status, wanted, f"{method} of a user that has notify and presence")
            tap.equal(ask(shut, method).status, 401 if method == "INVITE" else 403,
                      f"{method} of a trunk that accepts nothing")
        tap.equal(ask_proved(shut, "INVITE").status, 403, "its user has no say in it")
        site.gateway.wait_for_log("REFER outside of a dialog is not accepted from user board: its accept has no refer")
        board.user = "desk"
        for method in ACCEPTED:
            tap.equal(ask_proved(board, method).status, 403, f"{method} of a user that has nothing")
        board.password = "guess"
        tap.equal(ask_proved(board, "NOTIFY").status, 401, "a wrong password is nobody's")


if __name__ == "__main__":
    main([by_trunk, by_user], missing())
