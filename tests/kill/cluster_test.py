"""A build on a real Slurm, started here on the loopback: tasks are killed, a node is drained, a part
is requeued, a task is lost. The sealed corpus must have the bytes of a one-machine build.

Needs munge and slurm-wlm of Debian and root. Everything runs in a private folder and is ended.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

from builds import BINARY, Builds, same_bytes

CONF = """ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket={dir}/munge.sock
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation={dir}/state
SlurmdSpoolDir={dir}/spool/%n
SlurmctldPidFile={dir}/slurmctld.pid
SlurmdPidFile={dir}/slurmd-%n.pid
SlurmctldLogFile={dir}/log/slurmctld.log
SlurmdLogFile={dir}/log/slurmd-%n.log
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=1
KillWait=2
MinJobAge=300
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdTimeout=10
NodeName=n[1-3] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs=2 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(count):
    """A run of free ports; another Slurm may run on this machine."""
    base = 20000 + os.getpid() % 20000
    while True:
        try:
            for port in range(base, base + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return base
        except OSError:
            base += count


class Slurm:
    def __init__(self, folder):
        self.folder = folder
        self.running = []
        for name in ("state", "log", "spool/n1", "spool/n2", "spool/n3"):
            os.makedirs(os.path.join(folder, name))
        os.chmod(folder, 0o755)
        base = free_ports(4)
        self.conf = os.path.join(folder, "slurm.conf")
        with open(self.conf, "w") as out:
            out.write(CONF.format(host=socket.gethostname().split(".")[0], dir=folder, port=base,
                                  first=base + 1, last=base + 3))
        self.environment = dict(os.environ, SLURM_CONF=self.conf)
        key = os.path.join(folder, "munge.key")
        with open(key, "wb") as out:
            out.write(os.urandom(1024))
        os.chmod(key, 0o400)
        self.start("munged", "--foreground", "--force", f"--socket={folder}/munge.sock",
                   f"--key-file={key}", f"--pid-file={folder}/munged.pid",
                   f"--log-file={folder}/log/munged.log", f"--seed-file={folder}/munged.seed")
        self.wait_for(lambda: os.path.exists(f"{folder}/munge.sock"), "munged")
        self.start("slurmctld", "-D", "-i", "-c", "-f", self.conf)
        for node in ("n1", "n2", "n3"):
            self.start("slurmd", "-D", "-N", node, "-f", self.conf)
        self.wait_for(lambda: self.run("sinfo", "-h", "-o", "%t %D").stdout.strip() == "idle 3",
                      "three idle nodes")

    def start(self, *command):
        self.running.append(subprocess.Popen(command, env=self.environment,
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def run(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True)

    def done(self, *command):
        result = self.run(*command)
        assert result.returncode == 0, f"{command}: {result.stderr}"

    def wait_for(self, condition, what, seconds=120, pause=0.1):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                sys.exit(f"timed out waiting for {what}\n" + self.run("squeue", "-a").stdout +
                         self.run("sinfo", "-a").stdout)
            time.sleep(pause)

    def states(self, job):
        text = self.run("scontrol", "show", "job", job, "--oneliner").stdout
        return [word.split("=")[1] for word in text.split() if word.startswith("JobState=")]

    def field(self, job, name):
        text = self.run("scontrol", "show", "job", job, "--oneliner").stdout
        return next((word.split("=", 1)[1] for word in text.split() if word.startswith(name + "=")), "")

    def ended(self, job):
        states = self.states(job)
        return bool(states) and all(s in ("COMPLETED", "FAILED", "CANCELLED", "NODE_FAIL")
                                    for s in states)

    def stop(self):
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def reelcell(slurm, *arguments):
    return slurm.run(BINARY, *arguments)


def work_processes(plan):
    """Part -> process id of each `reelcell work` on this plan."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                words = line.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if len(words) > 3 and os.path.basename(words[0]) == "reelcell" and words[1] == "work" and plan in words:
            found[int(words[words.index("--part") + 1])] = int(pid)
    return found


def hold(slurm, plan, parts):
    """Part -> process id of its program, stopped in the middle of its work."""
    held = {}

    def all_held():
        for part, pid in work_processes(plan).items():
            if part in parts and part not in held:
                os.kill(pid, signal.SIGSTOP)
                held[part] = pid
        return len(held) == len(parts)

    slurm.wait_for(all_held, f"parts {parts} at work", pause=0.005)
    status = json.loads(reelcell(slurm, "status", "--plan", plan, "--json").stdout)
    done = [part["part"] for part in status["parts"] if part["state"] == "complete"]
    assert not set(done) & set(parts), f"parts {done} were done before they could be held"
    return held


def end_tasks(folder):
    """Where the test ends early, batch scripts and programs that are held would stay for ever."""
    for _ in range(50):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as line:
                    words = line.read().decode(errors="replace")
                with open(f"/proc/{pid}/stat") as stat:
                    dead = stat.read().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            if folder in words and not dead and ("slurm_script" in words or "reelcell\0" in words):
                found.append(int(pid))
        if not found:
            return
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def job_of(text, what):
    for line in text.splitlines():
        if line.startswith(what):
            return line.rsplit(" ", 1)[1]
    sys.exit(f"no job of '{what}' in: {text}")


def main():
    with tempfile.TemporaryDirectory(prefix="reelcell-slurm-") as folder:
        builds = Builds(folder, 1, sessions=3, seconds=6)
        inputs, recipe = builds.inputs, builds.recipe
        want = builds.undisturbed()
        slurm = Slurm(os.path.join(folder, "slurm"))
        try:
            plan, out = os.path.join(folder, "plan"), os.path.join(folder, "corpus")
            made = reelcell(slurm, "plan", *inputs, "--recipe", recipe, "--parts", "6", "--out",
                            plan)
            assert made.returncode == 0, made.stderr
            early = reelcell(slurm, "seal", "--plan", plan, "--out", out)
            assert early.returncode == 1 and "6 of 6 parts are not complete: 0-5" in early.stderr, \
                early.stderr
            shown = reelcell(slurm, "submit", "--slurm", "--plan", plan, "--out", out, "--dry-run")
            assert shown.returncode == 0 and "--array=0-5" in shown.stdout, shown.stdout
            sent = reelcell(slurm, "submit", "--slurm", "--plan", plan, "--out", out)
            assert sent.returncode == 0, sent.stderr
            parts, seal = job_of(sent.stdout, "parts"), job_of(sent.stdout, "sealing")

            # Three parts are held at work, so that what is done to them is done in the middle of it.
            held = hold(slurm, plan, (0, 3, 5))
            # The program of one is killed: its task tries again itself.
            os.kill(held[0], signal.SIGKILL)
            # The node of another is drained; what runs on it goes on, nothing new starts there.
            node = slurm.field(f"{parts}_3", "NodeList")
            slurm.done("scontrol", "update", f"NodeName={node}", "State=DRAIN", "Reason=test")
            assert slurm.run("sinfo", "-h", "-n", node, "-o", "%T").stdout.strip() == "draining", node
            # That part is sent back to the queue: another node has to take it.
            slurm.done("scontrol", "requeue", f"{parts}_3")
            slurm.wait_for(lambda: slurm.field(f"{parts}_3", "JobState") == "PENDING", "part 3 in the queue")
            slurm.done("scontrol", "update", f"JobId={parts}_3", "StartTime=now")  # not after Slurm's two minutes
            # A whole task is lost, batch script and all: Slurm does not run it again.
            slurm.done("scancel", "--full", "--signal=KILL", f"{parts}_5")
            slurm.wait_for(lambda: slurm.ended(parts) and slurm.ended(seal), "the end of the jobs",
                           300)
            left = reelcell(slurm, "seal", "--plan", plan, "--out", out)
            assert left.returncode == 1 and "1 of 6 parts are not complete: 5" in left.stderr, left.stderr
            assert not os.path.exists(os.path.join(out, "corpus.json")), "sealed without all parts"
            with open(os.path.join(plan, "log", f"work-{parts}-0.log")) as text:
                assert "try 1 ended with 137" in text.read(), "part 0 was not tried again"
            assert slurm.field(f"{parts}_3", "Restarts") == "1"
            assert slurm.field(f"{parts}_3", "NodeList") not in ("", node)
            assert slurm.run("sinfo", "-h", "-n", node, "-o", "%T").stdout.strip() == "drained", node
            sent = reelcell(slurm, "submit", "--slurm", "--missing", "--plan", plan, "--out", out)
            assert sent.returncode == 0, sent.stderr
            seal = job_of(sent.stdout, "sealing")
            slurm.wait_for(lambda: slurm.ended(seal), "the second sealing", 300)
            status = reelcell(slurm, "status", "--plan", plan)
            assert "0 failed" in status.stdout, status.stdout
            same_bytes(want, out, "the sealed corpus")
            print(f"Slurm: 6 parts on 3 nodes; the program of part 0 killed and tried again, {node} drained, part 3 requeued "
                  f"to another node, the task of part 5 lost and sent again; same bytes as on one machine ({len(want)} files)")
        finally:
            end_tasks(folder)
            slurm.stop()


if __name__ == "__main__":
    main()
