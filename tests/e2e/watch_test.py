#!/usr/bin/env python3
"""What an administrator sees of single packets: `sallyport trace` follows them from stage to stage, and says where and
why one was dropped, without showing what is in it; `sallyport capture` writes them into a file, in the clear only where
that is allowed, and not without an audit record (requirements O2, O5)."""
import json
import os
import stat
import subprocess
import time
from contextlib import ExitStack, closing

from lib.capture import Capture, read_pcap
from lib.lab import missing, program
from lib.process import wait_until
from lib.streams import SUITE, laboratory
from lib.tap import main
from lib.traffic import Traffic


class Command:
    """A command of the tool that goes on while something else happens."""

    def __init__(self, gateway, *words):
        self.process = subprocess.Popen([program("sallyport"), "--socket", gateway.socket, *map(str, words)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        stdin=subprocess.DEVNULL, start_new_session=True)

    def finish(self, seconds=30):
        """Status, output, complaints."""
        output, complaints = self.process.communicate(timeout=seconds)
        return self.process.returncode, output, complaints


def traced(gateway, flow, name, *words, send=None):
    """The reply of a trace of one packet that `flow` sends meanwhile."""
    command = Command(gateway, "--json", "trace", name, "--packets", 1, "--seconds", 20, *words)
    while command.process.poll() is None:
        (send or flow.send)()
        time.sleep(0.02)
    status, output, complaints = command.finish()
    return json.loads(output) if status == 0 else {"status": status, "complaints": complaints, "packets": []}


def steps_of(reply):
    return [step["step"] for packet in reply["packets"] for step in packet["steps"]]


def without_hand_over(steps):
    """What is the same however many workers there are."""
    return [step for step in steps if step not in ("handed over", "taken")]


def traces(tap):
    """A trace follows packets through every stage"""
    with laboratory(2) as (lab, streams, gateway), ExitStack() as stack:
        plain = stack.enter_context(closing(streams.plain_flow(0)))
        protect = streams.protector(stack, 0)
        secure = stack.enter_context(closing(streams.secure_flow(0, protect)))
        reply = traced(gateway, plain, "s0.a")
        steps = {step["step"]: step for step in reply["packets"][0]["steps"]} if reply["packets"] else {}
        tap.equal(without_hand_over(steps_of(reply)), ["arrived", "lookup", "rewrite", "protect", "sent"],
                  "a good packet passes every stage of its way")
        tap.ok(steps and steps["arrived"]["port"] == "rtp0" and steps["sent"]["port"] == "srtp0" and
               steps["protect"]["suite"] == SUITE and steps["protect"]["verdict"] == "ok" and
               steps["lookup"]["leg"] == "s0.a" and steps["rewrite"]["leg"] == "s0.b" and
               steps["lookup"]["ssrc"] == f"0x{plain.ssrc:08x}", "and what each did is told", reply)
        times = [step["ns"] for packet in reply["packets"] for step in packet["steps"]]
        tap.ok(times and times[0] == 0 and times == sorted(times) and times[-1] > 0, "with its time", times)

        reply = traced(gateway, secure, "s0.b")
        tap.equal(without_hand_over(steps_of(reply)), ["arrived", "lookup", "unprotect", "rewrite", "sent"],
                  "and on the way back")
        workers = {side["worker"] for side in gateway.sides("s0").values()}
        tap.equal(len(workers), min(2, len(os.sched_getaffinity(0))), "its legs are on as many workers as there are")
        if len(workers) == 2:
            tap.ok("handed over" in steps_of(reply) and "taken" in steps_of(reply),
                   "a packet is followed from worker to worker", reply)

        secure.protect = lambda packet: (lambda wire: wire[:-1] + bytes([wire[-1] ^ 1]))(protect(packet))
        reply = traced(gateway, secure, "s0.b")
        tap.equal(without_hand_over(steps_of(reply)), ["arrived", "lookup", "unprotect", "dropped"],
                  "a wrong tag goes no further than unprotect")
        end = reply["packets"][0]["steps"][-1] if reply["packets"] else {}
        tap.equal((end.get("reason"), end.get("stage")), ("auth_failed", "unprotect"), "which says why")
        secure.protect = protect
        text = trace_text(gateway, plain)
        tap.ok("protect" in text and "1 packet; all packets are through" in text, "and all of it as a table", text)
        keys = [key.octets for key in streams.keys.values()]
        shown = json.dumps(reply) + text
        tap.ok(not any(key[at:at + 4].hex() in shown for key in keys for at in range(0, len(key) - 3)) and
               not any(key.base64 in shown for key in streams.keys.values()), "no part of a key is in it")
        tap.ok(gateway.balanced(), "every packet is accounted for", gateway.json("stats"))


def trace_text(gateway, flow):
    command = Command(gateway, "trace", "s0", "--seconds", 20)
    while command.process.poll() is None:
        flow.send()
        time.sleep(0.02)
    return command.finish()[1]


def trace_ends(tap):
    """A trace ends by itself, and there is one at a time"""
    with laboratory(1) as (_, streams, gateway), closing(streams.plain_flow(0)) as flow:
        first = Command(gateway, "trace", "s0", "--packets", 1000, "--seconds", 60)
        gateway.wait_for_log("trace of s0 begun by user 0")
        done = gateway.ask("trace", "s0.a", "--seconds", 1)
        tap.ok(done.returncode == 1 and "a trace of s0 is going on already, begun by user 0" in done.stderr,
               "a second trace is refused, and says why", done.stderr)
        for _ in range(5):
            flow.send()
        time.sleep(0.2)
        first.process.terminate()
        status, output, _ = first.finish()
        tap.ok(status == 0 and "5 packets; stopped" in output, "an interrupted trace shows what it has", output)
        done = gateway.ask("trace", "s0", "--seconds", 1, timeout=10)
        tap.ok(done.returncode == 1 and "0 packets; the time is over" in done.stdout, "one without packets ends", done)
        for words, complaint in ((("nothing",), "there is no stream 'nothing'"),
                                 (("s0.c",), "there is no stream 's0.c'"),
                                 (("s0", "--packets", 1001), "packets: expected a number from 1 to 1000"),
                                 (("s0", "--seconds", 601), "seconds: expected a number from 1 to 600")):
            done = gateway.ask("trace", *words)
            tap.ok(done.returncode == 1 and complaint in done.stderr, f"refused: {' '.join(map(str, words))}", done)
        tap.equal(gateway.ask("trace").returncode, 2, "a trace of nothing is wrong usage")


class File:
    """The file of a capture; as a capture of the lab for whoever judges those."""

    def __init__(self, lab, name):
        self.file = lab.path(name)

    def datagrams(self):
        return list(read_pcap(self.file))


def captured(gateway, file, name, *words, flows=(), packets=20):
    """Captures so many packets while the flows send; the status and the output of the tool."""
    def all_flow():
        for flow in flows:
            flow.send()
        return all(side["sent"] > 0 for side in gateway.sides("s0").values())

    wait_until(all_flow, 10, "media of every flow goes through")  # a party may have to look for its gateway first
    command = Command(gateway, "capture", name, "--write", file.file, "--packets", packets, "--seconds", 30, *words)
    while command.process.poll() is None:
        for flow in flows:
            flow.send()
        time.sleep(0.01)
    status, output, complaints = command.finish()
    return status, output + complaints


def wire_captures(tap):
    """A capture of the wire is what was on the wire"""
    with laboratory(1) as (lab, streams, gateway), ExitStack() as stack:
        plain = stack.enter_context(closing(streams.plain_flow(0)))
        secure = stack.enter_context(closing(streams.secure_flow(0, streams.protector(stack, 0))))
        wire, file = Capture(lab, lab.srtp.namespace, "eth0", "wire"), File(lab, "s0b.pcap")
        status, said = captured(gateway, file, "s0.b", flows=(plain, secure))
        tap.ok(status == 0 and "20 packets in" in said and "as many packets as were asked for" in said,
               "as many packets as were asked for are captured", said)
        tap.equal(stat.S_IMODE(file.file.stat().st_mode), 0o600, "the file is the user's alone")
        wire.settle({30000: 10, 20002: 10})
        wire.stop()
        seen = [one[1:] for one in wire.datagrams()]
        got = file.datagrams()
        tap.ok(len(got) == 20 and all(one[1:] in seen for one in got),
               "every one was on the wire, byte by byte, with its addresses", (len(got), len(seen)))
        tap.ok({one.destination_port for one in got} == {30000, 20002}, "in both directions", got)
        times = [one.time for one in got]
        tap.ok(times == sorted(times) and abs(times[-1] - time.time()) < 60, "in the order of time", times)
        judged = streams.witness(file, 0)
        tap.ok(judged["packets"] == judged["authentic"] > 0 and judged["wrong_key_authentic"] == 0,
               "libSRTP decrypts it with the leg's key", judged)
        done = subprocess.run(["tcpdump", "-Z", "root", "-nr", file.file, "udp"], capture_output=True, text=True,
                              check=False)
        tap.equal((done.returncode, len(done.stdout.splitlines())), (0, 20), "tcpdump reads it")
        gateway.wait_for_log("ended, as many packets as were asked for: 20 packets given out, 0 lost")
        tap.ok("audit: capture 1 of s0.b (wire side, media encrypted) by user 0 (process " in gateway.log(),
               "the audit log says who captured what", gateway.log())


def clear_captures(tap):
    """Media in the clear is captured only where the configuration allows it"""
    with laboratory(1) as (lab, streams, gateway), ExitStack() as stack:
        plain = stack.enter_context(closing(streams.plain_flow(0)))
        secure = stack.enter_context(closing(streams.secure_flow(0, streams.protector(stack, 0))))
        for words in (("s0.b", "--side", "clear"), ("s0.a",), ("s0",)):
            file = lab.path("refused.pcap")
            done = gateway.ask("capture", *words, "--write", file)
            tap.ok(done.returncode == 1 and "[capture] clear_media = yes" in done.stderr and not file.exists(),
                   f"refused, and no file made: {' '.join(words)}", done)
        tap.equal(gateway.log().count("refused to user 0"), 3, "which is in the audit log")

        streams.sections["capture"] = {"clear_media": "yes"}
        streams.sections["log"] = {"level": "error"}
        gateway.write(streams.sections)
        tap.equal(gateway.ask("reload").returncode, 0, "a reload allows it")
        file = File(lab, "clear.pcap")
        status, said = captured(gateway, file, "s0.b", "--side", "clear", flows=(plain, secure))
        got = file.datagrams()
        tap.ok(status == 0 and len(got) == 20, "and then it is given", said)
        spoken = [one for one in got if one.destination_port == 20002]
        tap.ok(spoken and all(one.payload[12:] == one.sequence.to_bytes(4, "big") * 40 and one.ssrc == secure.ssrc and
                              (one.source, one.source_port) == (lab.srtp.client, 30000) for one in spoken),
               "the party's packets are what it said before it encrypted it", spoken[:1])
        heard = [one for one in got if one.destination_port == 30000]
        tap.ok(heard and all(len(one.payload) == 172 and one.payload[12:16] * 40 == one.payload[12:] for one in heard),
               "and the gateway's what it said before it encrypted it", (heard[:1], gateway.sides("s0")))
        wait_until(lambda: "(clear side, media in the clear) by user 0" in gateway.log() and
                   "20 packets given out" in gateway.log(), 5, "the audit log has it, though only errors are logged")
        tap.ok(True, "the audit log has it, though only errors are logged")

        command = Command(gateway, "capture", "s0.b", "--side", "clear", "--write", lab.path("taken-back.pcap"),
                          "--seconds", 60)
        wait_until(lambda: gateway.log().count("media in the clear) by user 0") == 3, 10, "another one has begun")
        streams.sections["capture"] = {"clear_media": "no"}
        gateway.write(streams.sections)
        tap.equal(gateway.ask("reload").returncode, 0, "a reload takes it back")
        status, output, complaints = command.finish()
        tap.ok(status == 0 and "does not allow to show it any more" in output, "which ends it", output + complaints)


def capture_limits(tap):
    """A capture ends with its stream, there is one at a time, and it writes over nothing"""
    with laboratory(2) as (lab, streams, gateway), ExitStack() as stack:
        plain = [stack.enter_context(closing(streams.plain_flow(index))) for index in range(2)]
        first = Command(gateway, "capture", "s1.b", "--write", lab.path("first.pcap"), "--seconds", 60)
        gateway.wait_for_log("capture 1 of s1.b (wire side, media encrypted) by user 0")
        done = gateway.ask("capture", "s0.b", "--write", lab.path("second.pcap"))
        tap.ok(done.returncode == 1 and "a capture of s1.b is going on already, begun by user 0" in done.stderr and
               not lab.path("second.pcap").exists(), "a second one is refused, and says why", done)
        with Traffic(plain):
            wait_until(lambda: len(list(read_pcap(lab.path("first.pcap")))) >= 5, 10, "packets are in the file at once")
            streams.remove(1)
            gateway.write(streams.sections)
            gateway.ask("reload")
            status, output, complaints = first.finish()
        tap.ok(status == 0 and "its stream was removed or replaced" in output, "it ends with its stream",
               output + complaints)
        there, link = lab.path("there.pcap"), lab.path("link.pcap")
        there.write_text("mine")
        link.symlink_to(lab.path("elsewhere.pcap"))
        for path in (there, link):
            done = gateway.ask("capture", "s0.b", "--write", path)
            refused = done.returncode == 1 and "expected the name of a new file" in done.stderr
            tap.ok(refused, f"refused: {path.name}", done)
        tap.ok(there.read_text() == "mine" and not lab.path("elsewhere.pcap").exists(), "and neither was touched")
        done = gateway.ask("capture", "s0.b", "--write", lab.path("empty.pcap"), "--seconds", 1, timeout=15)
        tap.ok(done.returncode == 0 and "0 packets in" in done.stdout and "the time is over" in done.stdout,
               "one without packets ends in time", done)
        stopped = Command(gateway, "capture", "s0.b", "--write", lab.path("stopped.pcap"), "--seconds", 60)
        gateway.wait_for_log("capture 3 of s0.b")
        stopped.process.kill()
        stopped.process.wait()
        gateway.wait_for_log("ended, nobody fetched its packets", seconds=30)
        done = gateway.ask("capture", "s0.b", "--write", lab.path("after.pcap"), "--seconds", 1, timeout=15)
        tap.equal(done.returncode, 0, "one whose tool was killed makes room for the next")
        for words in (("s0.b",), ("s0.b", "--write", "x", "--json"), ("--write", "x")):
            tap.equal(gateway.ask("capture", *words).returncode, 2, f"wrong usage: {' '.join(words)}")
        tap.ok(gateway.balanced(), "every packet is accounted for", gateway.json("stats"))


if __name__ == "__main__":
    main([traces, trace_ends, wire_captures, clear_captures, capture_limits], missing())
