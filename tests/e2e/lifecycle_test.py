#!/usr/bin/env python3
"""The gateway's life: reload under load, end, sudden death and resurrection, silence; what it says and to whom.
(Design 2, requirements O1, O3, field cases 13, 23, 24.)"""
import re
import signal
import time
from contextlib import ExitStack, closing

from lib.gateway import Gateway
from lib.lab import Lab, missing, program
from lib.process import wait_until
from lib.streams import SUITE, Streams, laboratory, numbering_faults, pass_media, stop_when_settled
from lib.tap import main
from lib.traffic import Traffic

NOBODY = "65534"


def unchanged_streams(tap):
    """reloads under load leave streams alone"""
    count = 20
    with laboratory(count) as (lab, streams, gateway), ExitStack() as stack:
        to_a, to_b = streams.captures()
        plain, secure = streams.flows(stack, count, count)
        for flow in plain + secure:  # over the wrap of the sequence number: the ROC is 1 when the reloads come
            for jump in (30000, 30000, 10000):
                flow.send()
                flow.skip(jump)
        with Traffic(plain + secure):
            for number in range(1, 4):
                reload_to(gateway, f"{count} streams kept, 0 re-keyed, 0 replaced, 0 added, 0 removed", number)
            streams.add(count)
            gateway.write(streams.sections)
            reload_to(gateway, f"{count} streams kept, 0 re-keyed, 0 replaced, 1 added, 0 removed")
            streams.remove(count)
            gateway.write(streams.sections)
            reload_to(gateway, f"{count} streams kept, 0 re-keyed, 0 replaced, 0 added, 1 removed")
        stop_when_settled(to_a, secure)
        stop_when_settled(to_b, plain)
        packets = sum(len(flow.sent) for flow in plain + secure)
        tap.equal(numbering_faults(plain, to_b), [], f"RTP to SRTP: nothing lost, SSRC and sequence go on ({packets} packets)")
        tap.equal(numbering_faults(secure, to_a), [], "SRTP to RTP: nothing lost")
        seen = [streams.witness(to_b, index) for index in range(count)]
        tap.ok(all(one["authentic"] == one["packets"] > 0 for one in seen), "the ROC goes on: all authentic for libSRTP",
               seen)
        tap.ok(gateway.balanced(), "every packet is accounted for", gateway.json("stats"))


def reload_to(gateway, outcome, number=1):
    """A reload in the middle of traffic, with this outcome in the log for the number-th time."""
    time.sleep(0.3)
    gateway.reload()
    gateway.wait_for_log(outcome, count=number)
    time.sleep(0.3)


def changed_keys(tap):
    """changed keys are a re-key, without loss"""
    with laboratory(2, rekey_grace_ms=1500) as (lab, streams, gateway), ExitStack() as stack:
        to_a, to_b = streams.captures()
        plain, secure = streams.flows(stack, 2, 1)
        old = secure[0].protect
        with Traffic(plain + secure):
            time.sleep(0.4)
            streams.rekey(0)
            gateway.reload()
            gateway.wait_for_log("1 streams kept, 1 re-keyed, 0 replaced")
            time.sleep(0.5)                                  # the party still sends with the old key: grace
            secure[0].protect = streams.protector(stack, 0)  # now with the new one
            time.sleep(0.5)
        stop_when_settled(to_a, secure)
        stop_when_settled(to_b, plain)
        tap.equal(numbering_faults(plain, to_b), [], "what the gateway sends: nothing lost, SSRC and sequence go on")
        tap.equal(numbering_faults(secure, to_a), [], "what it receives: nothing lost, old key and then new")
        before = streams.witness(to_b, 0, streams.key_file(0, "send").with_suffix(".old"))
        after = streams.witness(to_b, 0)
        tap.ok(before["authentic"] > 10 and after["authentic"] > 10 and
               before["authentic"] + after["authentic"] == after["packets"],
               "each packet is authentic under the old key or the new one", (before, after))
        other = streams.witness(to_b, 1)
        tap.equal(other["authentic"], other["packets"], "the other stream keeps its key")
        time.sleep(1.2)
        secure[0].protect = old
        secure[0].send()
        wait_until(lambda: gateway.sides("s0")["b"]["dropped"].get("auth_failed", 0) == 1, 2,
                   "the old key is refused once its grace time is over")
        tap.ok(True, "the old key is refused once its grace time is over")


def keys_and_settings_in_place(tap):
    """a stream never goes back to a key that it had, and takes other settings while it goes on"""
    with laboratory(1) as (lab, streams, gateway), closing(streams.plain_flow(0)) as flow:
        pass_media(streams, [flow])
        ssrc = gateway.sides("s0")["b"]["ssrc_out"]
        streams.rekey(0)
        tap.equal(gateway.ask("reload").returncode, 0, "new keys are taken")
        for way in ("send", "receive"):
            path = streams.key_file(0, way)
            path.with_suffix(".old").rename(path)
        back = gateway.ask("reload")
        tap.ok(back.returncode == 1 and "a key that this gateway has used before" in back.stderr,
               "the keys before are refused", back.stderr)
        streams.rekey(0)
        streams.sections["stream.s0"].update({"b.dscp": "46", "media_timeout": "3"})
        gateway.write(streams.sections)
        tap.equal(gateway.ask("reload").returncode, 0, "new keys and other settings are taken together")
        gateway.wait_for_log("1 re-keyed, 0 replaced, 0 added, 0 removed; 1 adjusted")
        passed = pass_media(streams, [flow])
        tap.ok(passed == 25 and gateway.sides("s0")["b"]["ssrc_out"] == ssrc, "the stream goes on", passed)


def refused_reloads(tap):
    """wrong files and changes that need a restart are refused whole"""
    with laboratory(2) as (lab, streams, gateway), closing(streams.plain_flow(0)) as flow:
        ssrc = None
        for name, section, key, value, words in (
                ("a wrong value", "log", "level", "loud", ["log.level", "'loud'", "expected"]),
                ("other media ports", "port.rtp0", "media_ports", "20000-29999", ["port.rtp0.media_ports"]),
                ("other worker settings", "workers", "idle_polls", "7", ["workers.idle_polls"]),
                ("another number of mbufs", "memory", "mbufs", "8192", ["memory.mbufs"]),
                ("another engine", "crypto", "engine", "openssl", ["crypto.engine"])):
            wrong = {**streams.sections, section: {**streams.sections.get(section, {}), key: value}}
            wrong.pop("stream.s1")  # what is right in it must not be applied either
            gateway.write(wrong)
            done = gateway.ask("reload")
            tap.ok(done.returncode == 1 and all(word in done.stderr for word in words), f"{name}: refused by name",
                   done.stderr)
            tap.equal(len(gateway.json("streams")["streams"]), 2, f"{name}: nothing of it was applied")
            passed = pass_media(streams, [flow])
            before, ssrc = ssrc, gateway.sides("s0")["b"]["ssrc_out"]
            tap.ok(passed == 25 and before in (None, ssrc), f"{name}: the streams go on", f"{passed} of 25, {before}, {ssrc}")
        gateway.reload()
        gateway.wait_for_log("reload refused: ", count=6)
        tap.ok(f"{gateway.config}:" in gateway.log(), "the log says file and line", gateway.log())
        gateway.write(streams.sections)
        tap.equal(gateway.ask("reload").returncode, 0, "a right file is taken afterwards")


def endings(tap):
    """SIGTERM and SIGINT under load"""
    for number in (signal.SIGTERM, signal.SIGINT):
        with laboratory(4) as (lab, streams, gateway), ExitStack() as stack:
            flows, _ = streams.flows(stack, 4, 0)
            with Traffic(flows):
                time.sleep(0.3)
                status, seconds = gateway.stop(number)
            tap.ok(status == 0 and seconds < 2, f"{number.name} ends it within two seconds",
                   f"status {status} after {seconds:.2f} s\n{gateway.process.tail()}")
            tap.equal(traces(lab), [], f"{number.name}: nothing is left in the kernel or on disk")


def traces(lab):
    """What a gateway has in the kernel and on disk while it lives."""
    found = [line for line in lab.gw.run("nft", "list", "tables").stdout.splitlines() if line]
    found += re.findall(r"(\w+)@\S+ .*\bxdp", lab.gw.run("ip", "-o", "link").stdout)
    found += [lab.path("control.sock").name] if lab.path("control.sock").exists() else []
    reserved = lab.gw.run("cat", "/proc/sys/net/ipv4/ip_local_reserved_ports").stdout.strip()
    return found + ([f"reserved ports {reserved}"] if reserved else [])


def sudden_death(tap):
    """after kill -9 the next start cleans up"""
    for mode, leftover in (("af_xdp", "XDP program"), ("af_packet", "nft table netdev")):
        with laboratory(1, mode) as (lab, streams, gateway), closing(streams.plain_flow(0)) as flow:
            passed, before = pass_media(streams, [flow]), gateway.sides("s0")["b"]["ssrc_out"]
            gateway.kill()
            tap.ok(passed == 25 and len(traces(lab)) >= 4, f"{mode}: a killed gateway leaves things behind",
                   f"{passed} packets, {traces(lab)}")
            gateway.start()
            gateway.wait_for_next_hops()
            tap.ok(re.search(rf"left.*{leftover}", gateway.log()), f"{mode}: the next one says what it removed", gateway.log())
            tap.equal(pass_media(streams, [flow]), 25, f"{mode}: and works")
            after = gateway.sides("s0")["b"]["ssrc_out"]
            tap.ok(before != after, f"{mode}: under another SSRC, so that no keystream is used twice", (before, after))
            gateway.stop()
            tap.equal(traces(lab), [], f"{mode}: and leaves nothing")


def second_instance(tap):
    """two gateways on one host"""
    with laboratory(1) as (lab, streams, gateway), closing(streams.plain_flow(0)) as flow:
        same = lab.gw.run(*gateway.command(), check=False)
        tap.ok(same.returncode == 2 and "another sallyportd is running" in same.stderr, "the same socket is refused",
               same.stderr)
        other = lab.gw.run(*gateway.command(f"--control.socket={lab.path('other.sock')}"), check=False)
        tap.ok(other.returncode == 2 and "in use by another gateway" in other.stderr, "the same interface is refused",
               other.stderr)
        tap.equal(pass_media(streams, [flow]), 25, "the first one goes on")
        tap.equal(gateway.ask("status").returncode, 0, "and still answers")


def silence(tap):
    """a stream without media"""
    with laboratory(1, media_timeout=1) as (lab, streams, gateway), closing(streams.plain_flow(0)) as flow:
        tap.equal(gateway.sides("s0")["a"]["media"], "none", "no media at first")
        pass_media(streams, [flow])
        tap.equal(gateway.sides("s0")["a"]["media"], "flowing", "then it flows")
        gateway.wait_for_log("stream s0: no media on side a for 1 s")
        tap.equal(gateway.sides("s0")["a"]["media"], "silent", "silence is reported and shown")
        pass_media(streams, [flow])
        gateway.wait_for_log("stream s0: media on side a again")
        tap.equal(gateway.sides("s0")["a"]["media"], "flowing", "and its end")


def command_line(tap):
    """what the command line tool shows"""
    with laboratory(2) as (lab, streams, gateway), closing(streams.plain_flow(0)) as flow:
        pass_media(streams, [flow])
        for verb, words in (("status", ["worker", "core", "rtp0", "srtp0", "af_"]),
                            ("stats", ["rx", "tx", "classify", "protect"]),
                            ("streams", ["s0", "s1", SUITE, "flowing", "25"])):
            table = gateway.ask(verb)
            missing_words = [word for word in words if word not in table.stdout]
            tap.ok(table.returncode == 0 and not missing_words, f"{verb}: a table for people",
                   f"without {missing_words}:\n{table.stdout}{table.stderr}")
            tap.ok(isinstance(gateway.json(verb), dict), f"{verb} --json")
        watching = lab.start(lab.gw, "watch", [program("sallyport"), "--socket", gateway.socket, "--watch", "0.2", "streams"])
        time.sleep(1)
        status = watching.stop(signal.SIGINT)
        views = watching.output().count("s0")
        tap.ok(views >= 3 and status == 0, "--watch shows it again and again", f"{views} views, status {status}")
        tap.equal(gateway.ask("frobnicate").returncode, 2, "an unknown command is refused")
        gateway.stop()
        tap.equal(gateway.ask("status").returncode, 1, "status 1 when nobody answers")


def who_may_ask(tap):
    """the control socket is its owner's"""
    with laboratory(1) as (lab, _, gateway):
        socket = lab.path("control.sock")
        tap.equal(oct(socket.stat().st_mode & 0o777), oct(0o600), "mode 0600")
        lab.folder.chmod(0o711)
        socket.chmod(0o666)  # so that only the check of who calls is left
        argv = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", program("sallyport"), "--socket", socket,
                "status"]
        done = lab.gw.run(*argv, check=False)
        tap.ok(done.returncode != 0 and "worker" not in done.stdout, "another user is not served", done.stdout + done.stderr)
        tap.ok(f"refused user {NOBODY}" in gateway.log(), "and the log says who asked", gateway.log())


def secrets(tap):
    """keys stay in their files"""
    with Lab() as lab:
        streams = Streams(lab, 2)
        streams.sections["log"] = {"level": "trace"}
        gateway = Gateway(lab, streams.sections).start()
        with closing(streams.plain_flow(0)) as flow:
            pass_media(streams, [flow])
        streams.rekey(1)
        old = lab.path("s1.send.old").read_text().strip()
        gateway.ask("reload")
        said = gateway.log() + "".join(gateway.ask(*words).stdout for verb in ("status", "stats", "streams")
                                       for words in ((verb,), ("--json", verb)))
        for file in ("cmdline", "environ"):
            with open(f"/proc/{gateway.process.pid}/{file}", encoding="utf-8", errors="replace") as text:
                said += text.read()
        texts = [form for key in streams.keys.values() for form in (key.base64, key.hex, key.octets[:16].hex())] + [old]
        shown = [text[:4] + "..." for text in texts if text.lower() in said.lower()]
        tap.equal(shown, [], "no key in log (level trace), tables, JSON, command line or environment")
        with open(f"/proc/{gateway.process.pid}/limits", encoding="utf-8") as limits:
            core = next(line for line in limits if line.startswith("Max core file size"))
        tap.ok(re.search(r"size\s+0\s+0\s", core), "no core dump would be written", core)


if __name__ == "__main__":
    main([unchanged_streams, changed_keys, keys_and_settings_in_place, refused_reloads, endings, sudden_death,
          second_instance, silence, command_line,
          who_may_ask, secrets], missing() or ("" if program("srtp_protect").exists() else "srtp_protect is not built"))
