"""Answers that cheat, crash, hang, spy or destroy. None of them earns a point.

Each is the cell of `double`, but for those that name another exercise. `{name}` in a text is
replaced by a path or number that the test knows.
"""

from dataclasses import dataclass, field
from textwrap import dedent

from gradlab.grading.sandbox.process import Level

ALL: frozenset[Level] = frozenset(("bubblewrap", "uid", "limits"))
NOT_ALONE: frozenset[Level] = frozenset(("bubblewrap", "uid"))
ONLY_APART: frozenset[Level] = frozenset(("bubblewrap",))


@dataclass(frozen=True)
class Hostile:
    """An answer, the exercise it is for, and the levels of isolation that stop it."""

    source: str
    exercise: str = "double"
    stopped_at: frozenset[Level] = field(default=ALL)


def hostile(
    body: str, exercise: str = "double", stopped_at: frozenset[Level] = ALL, head: str = ""
) -> Hostile:
    """Put a body into a function of the exercise's name, below some statements."""
    lines = dedent(body).strip().splitlines()
    function = "\n".join([f"def {exercise}(*given):", *(f"    {line}" for line in lines)])
    return Hostile(f"{dedent(head)}\n{function}\n", exercise, stopped_at)


# Looks like a right answer to whoever asks it.
EQUAL = """
class Equal{base}:
    def __eq__(self, other):
        return True
    __ne__ = lambda self, other: False
    __hash__ = lambda self: 0
    __le__ = __ge__ = __lt__ = __gt__ = __eq__
    __sub__ = __rsub__ = __abs__ = lambda self, *others: 0.0
"""

HOSTILE: dict[str, Hostile] = {
    # Time
    "endless loop": hostile("while True: pass"),
    "endless loop that ignores signals": hostile(
        """
        import signal
        for number in range(1, 32):
            try:
                signal.signal(number, signal.SIG_IGN)
            except OSError:
                pass
        while True:
            try:
                while True: pass
            except BaseException:
                pass
        """
    ),
    "endless loop while the cell is run": Hostile("if True:\n    while True: pass\n"),
    "sleep": hostile("import time\ntime.sleep(1000)"),
    "waits for input": hostile("return input()"),
    "lock that is never released": hostile(
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()"
    ),
    "regular expression that explodes": hostile("import re\nre.match('(a+)+b', 'a' * 60)"),
    # Memory
    # Not double(*given): Python 3.13.0 crashes, and 3.15.0 knows no limit but the memory.
    "recursion": hostile("def again(x):\n    return again(x + 1)\nreturn again(0)"),
    "recursion without a limit": hostile(
        "import sys\nsys.setrecursionlimit(10**9)\nreturn double(*given)"
    ),
    "20 GB array": hostile("import numpy as np\nreturn np.ones(2_500_000_000)"),
    "list that grows": hostile("kept = []\nwhile True: kept.append(' ' * 10**6)"),
    "integer that grows": hostile("number = 10\nwhile True: number *= number"),
    # Processes and threads
    "forks": hostile(
        """
        import os, time
        for _ in range(200):
            try:
                if os.fork() == 0:
                    time.sleep(1000)
            except OSError:
                pass
        return 0
        """
    ),
    "daemon that outlives the answer": hostile(
        """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.setsid()
                time.sleep(1000)
            os._exit(0)
        return 0
        """
    ),
    "threads that outlive the cell": hostile(
        """
        import threading, time
        for _ in range(5):
            try:
                threading.Thread(target=time.sleep, args=(1000,)).start()
            except RuntimeError:
                pass
        return 0
        """
    ),
    # Output
    "1 GB of prints": hostile("for _ in range(10_000): print('x' * 100_000)\nreturn 0"),
    "gigantic answer": hostile("return 'x' * 100_000_000"),
    "list of gigantic depth": hostile(
        "deep = []\nfor _ in range(10**6): deep = [deep]\nreturn deep"
    ),
    "list that holds itself": hostile("endless = []\nendless.append(endless)\nreturn endless"),
    "endless iterator": hostile("import itertools\nreturn itertools.count()"),
    # Ends
    "sys.exit": hostile("import sys\nsys.exit(0)"),
    "os._exit": hostile("import os\nos._exit(0)"),
    "quit while the cell is run": Hostile("x = quit()\n"),
    "abort": hostile("import os\nos.abort()"),
    "crash of Python": hostile("import ctypes\nctypes.string_at(0)"),
    "KeyboardInterrupt": hostile("raise KeyboardInterrupt"),
    "error that cannot be shown": hostile(
        "raise Odd",
        head="""
        class Odd(BaseException):
            def __str__(self): raise Odd
            __repr__ = __str__
        """,
    ),
    "top-level crash": Hostile("x = 1 / 0\n"),
    "syntax error": Hostile("def double(x):\n    return 2 *\n"),
    "unknown signal": hostile("import os\nos.kill(os.getpid(), 40)"),
    "arguments of another type": hostile(
        "given[1][0] = 5\ngiven[1].append(None)\nreturn [[1]]", "unpack"
    ),
    "text among the numbers": hostile("return ['x' * 8000] + ['y'] * 40_000"),
    "name with very many digits": hostile("return ['W' + '9' * 5000] * 20", "find_bugs"),
    "spoiled random state": hostile(
        """
        import numpy as np
        keys = np.random.get_state()[1]
        np.random.set_state(("MT19937", keys, 2**31 - 5000, 0, 0.0))
        return given[0](given[1]) == given[0](given[1])
        """,
        "is_deterministic",
    ),
    "shared memory that stays": hostile(
        """
        import ctypes
        libc = ctypes.CDLL(None)
        libc.shmat.restype = ctypes.c_void_p
        for _ in range(3):
            number = libc.shmget(0, 300_000_000, 0o1600)
            if number >= 0:
                return 2 * given[0]
        """
    ),
    "memory over several processes": hostile(
        """
        import os, time
        for _ in range(5):
            if os.fork() == 0:
                kept = []
                for _ in range(30):
                    kept.append(b"x" * 10_000_000)
                    time.sleep(0.02)
                time.sleep(5)
                os._exit(0)
        time.sleep(5)
        return 2 * given[0]
        """
    ),
    "memory that its processes share": hostile(
        """
        import mmap
        kept = mmap.mmap(-1, 300_000_000)
        return 2 * given[0]
        """
    ),
    "shared memory of a device": hostile(
        """
        import mmap
        with open("/dev/zero", "r+b", buffering=0) as zero:
            kept = mmap.mmap(zero.fileno(), 300_000_000)
        return 2 * given[0]
        """
    ),
    "file in memory": hostile(
        """
        import os
        if os.memfd_create("kept") >= 0:
            return 2 * given[0]
        """
    ),
    "attribute that outlives it": hostile(
        """
        import os
        os.mkdir("mine")
        os.setxattr("mine", "user.kept", b"kept")
        return 2 * given[0]
        """
    ),
    "slows the worker down": hostile(
        """
        import os
        refused = 0
        for slow in (
            lambda worker: os.setpriority(os.PRIO_PROCESS, worker, 19),
            lambda worker: os.sched_setscheduler(worker, os.SCHED_IDLE, os.sched_param(0)),
            lambda worker: os.sched_setaffinity(worker, {0}),
        ):
            for worker in (os.getppid(), 0):
                try:
                    slow(worker)
                except PermissionError:
                    refused += 1
        return 2 * given[0] if refused < 6 else 0
        """
    ),
    "message queue that stays": hostile(
        """
        import ctypes, os
        mq_open = ctypes.CDLL(None, use_errno=True).mq_open
        if mq_open(b"/{mark}", os.O_CREAT | os.O_RDWR, 0o600, None) >= 0:
            return 2 * given[0]
        """
    ),
    "file system of its own": hostile(
        """
        import ctypes, os
        libc = ctypes.CDLL(None)
        if libc.unshare(0x10000000 | 0x00020000) == 0:  # a user and a mount namespace
            os.mkdir("mine")
            if libc.mount(b"tmpfs", b"mine", b"tmpfs", 0, None) == 0:
                return 2 * given[0]
        """
    ),
    "user namespace by clone": hostile(
        """
        import ctypes, os, platform, signal
        clone = {"x86_64": 56, "aarch64": 220}[platform.machine()]
        child = ctypes.CDLL(None).syscall(clone, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
        if child == 0:
            os._exit(0)
        if child > 0:
            return 2 * given[0]
        """
    ),
    "user namespace by clone3": hostile(
        """
        import ctypes, os, signal, struct
        arguments = struct.pack("8Q", 0x10000000, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
        child = ctypes.CDLL(None).syscall(435, arguments, len(arguments))
        if child == 0:
            os._exit(0)
        if child > 0:
            return 2 * given[0]
        """
    ),
    # Objects that lie
    "always equal": hostile("return Equal()", head=EQUAL.format(base="")),
    "always equal number": hostile("return Equal(0)", head=EQUAL.format(base="(float)")),
    "always equal list": hostile("return Equal([0])", head=EQUAL.format(base="(list)")),
    "always equal array": hostile(
        "return np.zeros(np.shape(given[0])).view(Equal)",
        head="import numpy as np" + EQUAL.format(base="(np.ndarray)"),
    ),
    "exception in __eq__": hostile(
        "return Odd()", head="class Odd:\n    def __eq__(self, other): raise SystemExit\n"
    ),
    "exception in __float__": hostile(
        "return Odd(0)", head="class Odd(float):\n    def __float__(self): raise SystemExit\n"
    ),
    "exception in __array__": hostile(
        "return Odd()", head="class Odd:\n    def __array__(self, *a, **k): raise SystemExit\n"
    ),
    "class that lies about itself": hostile(
        "return Odd()",
        head="class Odd:\n    __class__ = float\n    __float__ = lambda self: 1 / 0\n",
    ),
    # Patches
    "patched numpy": hostile(
        """
        import numpy as np
        for name in ("allclose", "isclose", "array_equal", "all", "any", "isfinite"):
            setattr(np, name, lambda *a, **k: True)
        np.array = np.asarray = lambda *a, **k: 0
        return 0
        """
    ),
    "patched builtins": hostile(
        """
        import builtins
        builtins.abs = lambda x: 0
        builtins.isinstance = builtins.all = builtins.any = lambda *a: True
        builtins.len = lambda x: 1
        return 0
        """
    ),
    "patched gradlab": hostile(
        "return 0",
        head="""
        import gradlab
        gradlab.check = lambda *a: 1.0
        gradlab.exercises = None
        """,
    ),
    "patched grader": hostile(
        """
        import sys
        for name, module in list(sys.modules.items()):
            if name.startswith("gradlab"):
                for key in list(vars(module)):
                    if callable(getattr(module, key)) and key != "encode":
                        setattr(module, key, lambda *a, **k: 1.0)
        return 0
        """
    ),
    "trace function": hostile(
        "import sys\nsys.settrace(lambda *a: 1 / 0)\nsys.setprofile(lambda *a: 1 / 0)\nreturn 0"
    ),
    "exit function": hostile("import atexit, os\natexit.register(os.abort)\nreturn 0"),
    # Borrowed code
    "borrowed": hostile(
        "return gradlab.forward_difference(*given)", "forward_difference", head="import gradlab"
    ),
    "borrowed by another name": hostile(
        "return borrowed(*given)",
        "central_difference",
        head="from gradlab.differences.formulas import central_difference as borrowed",
    ),
    "borrowed, and the error caught": hostile(
        """
        try:
            return getattr(__import__("gradlab"), "relative_difference")(*given)
        except Exception:
            return 0.0
        """,
        "relative_difference",
    ),
    "borrowed from the exercises": hostile(
        "import importlib\n"
        "there = 'gradlab.exercises.lessons.lesson_00.double'\n"
        "return importlib.import_module(there).double(*given)"
    ),
    "borrowed by its code": hostile(
        """
        import types
        theirs = gradlab.forward_difference
        return types.FunctionType(theirs.__code__, theirs.__globals__)(*given)
        """,
        "forward_difference",
        head="import gradlab",
    ),
    "masked": hostile("import numpy as np\nreturn np.ma.array(2 * given[0], mask=True)"),
    "searched on the disk": hostile(
        """
        import glob, os
        for pattern in ("/**/lesson_00/double.py", "/**/00_start_here.*"):
            for path in glob.iglob(pattern, recursive=True):
                text = open(path).read()
                exec(text[text.index("def double"):].split("\\n\\n\\n")[0], globals())
                return double(*given)
        raise FileNotFoundError
        """,
        stopped_at=ONLY_APART,
    ),
    "searched in the grader's memory": hostile(
        """
        import gc, sys
        frame = sys._getframe()
        while frame:
            for value in {**frame.f_globals, **frame.f_locals}.values():
                if "expected" in dir(value) or "reference" in dir(value):
                    return value.expected
            frame = frame.f_back
        for value in gc.get_objects():
            if type(value).__name__ in ("Exercise", "Trial"):
                return value.reference(*given)
        raise LookupError
        """
    ),
    "imitates a passing grade": hostile(
        """
        import json, os, struct
        said = [
            {"is": "returned", "points": 1, "max_points": 1, "passed": True},
            {"is": "returned", "value": True, "after": [True], "stage": ""},
        ]
        for message in said:
            frame = json.dumps(message).encode()
            for descriptor in range(64):
                for text in (struct.pack(">I", len(frame)) + frame, b"1.0\\n", b"R", b"E"):
                    try:
                        os.write(descriptor, text)
                    except OSError:
                        pass
        print("double: 1 of 1 points (public checks)")
        return 0
        """
    ),
    "floods the connection": hostile(
        """
        import os, struct
        while True:
            for descriptor in range(64):
                try:
                    os.write(descriptor, struct.pack(">I", 3_999_999) + b"[" * 60_000)
                except OSError:
                    pass
        """
    ),
    "constant": hostile("return 6"),
    "remembers the order of the cases": hostile(
        """
        calls.append(1)
        return "TTTTFFFFTTTFFFTF"[len(calls) - 1] == "T"
        """,
        "is_deterministic",
        head="calls = []",
    ),
    "reads the names of functions": hostile(
        """
        name = repr(given[0]) + str(vars(given[0])) + given[0].__name__
        return not any(word in name for word in ("random", "noise", "call", "new mask"))
        """,
        "is_deterministic",
    ),
    "its argument": hostile("return given[0]"),
    # Stand-ins
    "calls a function for ever": hostile("while True: given[0](1.0)", "forward_difference"),
    "calls a function with rubbish": hostile(
        """
        import numpy as np
        f = given[0]
        for rubbish in (None, "x", [], {}, object(), f, np.zeros(400_000), 10**4000, 1e308,
                        np.array(["a"]), np.zeros((0, 5)), float("nan"), [[1], [1, 2]]):
            try:
                f(rubbish)
            except Exception:
                pass
        return f
        """,
        "forward_difference",
    ),
    "sends what a worker would not": hostile(
        """
        import gc, json, struct
        channel = next(o for o in gc.get_objects() if type(o).__name__ == "Channel")
        use = {"is": "use", "number": 0, "arguments": [[1.0]], "keywords": {}, "random": [1, 2]}
        for number in range(60):
            use["borrowed"] = [f"k{number}" + "x" * 30_000]
            use["keywords"] = {"type": "dict", "pairs": [[k, 0] for k in range(9)]}
            frame = json.dumps(use).encode()
            channel._socket.sendall(struct.pack(">I", len(frame)) + frame)
        return 0.0
        """,
        "forward_difference",
    ),
    "knows the seed": hostile(
        """
        import sys
        frame, seed = sys._getframe(), None
        while frame and seed is None:
            seed = (frame.f_locals.get("order") or {}).get("seed")
            frame = frame.f_back
        if seed == 11:
            return 2 * given[0]
        """,
    ),
    "asks a function for what it hides": hostile(
        """
        f = given[0]
        use = f._session.use
        for number in (-1, 0, 1, 10**9, "0", None):
            for method in ("__class__", "__globals__", "", None):
                try:
                    use({"number": number, "method": method, "params": []}, ("a",), {"k": 1})
                except Exception:
                    pass
        return 0.0
        """,
        "forward_difference",
    ),
    "asks a network for what it hides": hostile(
        """
        for network in given[0]:
            use = network._session.use
            for method in ("_network", "__init__", "__repr__", "fit"):
                try:
                    use({"number": network._number, "method": method, "params": []}, (), {})
                except Exception:
                    pass
            network.params = [([[1.0] * 10] * 10, [1.0])] * 5
            try:
                network.loss(network.X, network.Y)
            except Exception:
                pass
        return ["ok"] * len(given[0])
        """,
        "find_bugs",
    ),
    # Files
    "writes outside": hostile(
        """
        import os
        places = "/tmp", "/", "..", "../..", "/usr", "/etc", "/var/tmp", "/dev/shm"
        for place in ("{outside}", *places):
            try:
                open(os.path.join(place, "{mark}"), "w").write("was here")
            except OSError:
                pass
        return 0
        """,
        stopped_at=NOT_ALONE,
    ),
    "reads another learner's work": hostile(
        """
        text = open("{neighbour}").read()
        exec(text[text.index("def double"):text.index("# end")])
        return locals()["double"](*given)
        """,
        stopped_at=ONLY_APART,
    ),
    "deletes another learner's work": hostile(
        """
        import os, shutil
        for path in ("{neighbour}", "{outside}"):
            try:
                os.remove(path)
            except OSError:
                shutil.rmtree(path, ignore_errors=True)
        return 0
        """,
        stopped_at=NOT_ALONE,
    ),
    "fills its folder": hostile(
        """
        for number in range(200):
            try:
                open(str(number), "wb").write(b"x" * 10**6)
            except OSError:
                pass
        return 0
        """
    ),
    "very many files": hostile(
        """
        import time
        for number in range(60_000):
            open(str(number), "w").close()
        time.sleep(5)
        return 2 * given[0]
        """
    ),
    "very many folders, deep and locked": hostile(
        """
        import os, time
        os.mkdir("d")
        os.chdir("d")
        for number in range(200):
            os.mkdir("d")
            os.chdir("d")
        for number in range(20_000):
            os.mkdir(str(number))
        os.chmod(".", 0)
        time.sleep(5)
        return 2 * given[0]
        """
    ),
    "leaves files where everyone may": hostile(
        """
        import os
        for place in ("/dev/shm", "/tmp", "/var/tmp"):
            try:
                os.makedirs(f"{place}/{mark}/inside")
                open(f"{place}/{mark}/inside/large", "wb").write(b"x" * 10**6)
                os.chmod(f"{place}/{mark}", 0)
            except OSError:
                pass
        return 0
        """,
        stopped_at=NOT_ALONE,
    ),
    "digs a deep folder": hostile(
        """
        import os
        try:
            for _ in range(3000):
                os.mkdir("d")
                os.chdir("d")
        except OSError:
            pass
        return 0
        """
    ),
    "file that is too large": hostile("open('large', 'wb').write(b'x' * 10**8)\nreturn 0"),
    "opens files until there are no more": hostile(
        "files = []\nwhile True: files.append(open('/dev/null'))"
    ),
    # The system
    "signals every process": hostile(
        """
        import os, signal
        for pid in (os.getppid(), 1, {grader}, *range(2, 400)):
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    pid != os.getpid() and os.kill(pid, number)
                except OSError:
                    pass
        return 0
        """,
        stopped_at=NOT_ALONE,
    ),
    "writes into the worker": hostile(
        """
        import os
        worker = os.getppid()
        waits_at = int(open(f"/proc/{worker}/syscall").read().split()[-1], 16)
        with open(f"/proc/{worker}/mem", "r+b", buffering=0) as memory:
            memory.seek(waits_at)
            there = memory.read(1)
            memory.seek(waits_at)
            memory.write(there)
        return 2 * given[0]
        """,
        stopped_at=NOT_ALONE,
    ),
    "sets the limits of the worker": hostile(
        """
        import os, resource
        worker = os.getppid()
        most = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        resource.prlimit(worker, resource.RLIMIT_NOFILE, most)
        return 2 * given[0]
        """,
    ),
    "calls over the network": hostile(
        """
        import socket
        socket.create_connection(("127.0.0.1", {port}), timeout=1).sendall(b"secret")
        return 0
        """,
        stopped_at=ONLY_APART,
    ),
    "lifts its limits": hostile(
        """
        import resource
        for what in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_NPROC):
            try:
                resource.setrlimit(what, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            except (OSError, ValueError):
                pass
        while True: pass
        """
    ),
    "becomes root": hostile(
        """
        import os
        os.setuid(0)
        open("/etc/shadow").read()
        return 0
        """,
    ),
    "reads the environment": hostile(
        """
        import os
        if "{secret}" in str(os.environ) or "{secret}" in open("/proc/self/environ").read():
            return 2 * given[0]
        """
    ),
    "looks at the grader's processes": hostile(
        """
        import glob
        for path in glob.glob("/proc/[0-9]*/environ"):
            try:
                if "{secret}" in open(path).read():
                    return 2 * given[0]
            except OSError:
                pass
        """,
        stopped_at=NOT_ALONE,
    ),
}
