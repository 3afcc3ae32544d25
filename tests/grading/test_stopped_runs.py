"""Runs that are stopped leave no process and no folder behind, and can go on."""

import os
import signal
from pathlib import Path

import pytest
from evening import STOPPING, Evening, hand_in, is_answering, outputs

LINUX = pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs /proc")
SHARED = Path("/dev/shm")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return Evening(tmp_path_factory.mktemp("undisturbed"), 40).finish()


@LINUX
@pytest.mark.slow
@pytest.mark.parametrize("number", [*STOPPING, signal.SIGKILL])
def test_forty_learners_stopped_at_a_third_and_resumed_have_the_same_bytes(
    number: signal.Signals, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    shared = set(SHARED.iterdir()) if SHARED.exists() else set()
    evening = Evening(tmp_path, 40)
    options = ["--jobs", 1] if number == signal.SIGINT else []
    process = evening.start(*options, nice=number == signal.SIGINT)
    out, said = evening.stop(process, os.kill, number, evening.has_graded(13))
    assert out == b""
    assert b"Traceback" not in said
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number
        assert f"{evening.graded} of 40 learners" in said.decode()
    assert 13 <= evening.graded < 40
    assert not (tmp_path / "grades.csv").exists()
    assert evening.finish("--resume") == undisturbed
    assert not list(evening.temporary.iterdir())
    assert not SHARED.exists() or set(SHARED.iterdir()) <= shared


@LINUX
@pytest.mark.parametrize("path", [os.environ["PATH"], "/no/bubblewrap"])
def test_killing_the_whole_process_group_leaves_nothing(path: str, tmp_path: Path) -> None:
    evening = Evening(tmp_path, 2)
    for learner in (tmp_path / "class").iterdir():
        hand_in(learner, "while True: pass")
    process = evening.start("--timeout", 60, "--without-isolation", PATH=path)
    evening.stop(process, os.killpg, signal.SIGKILL, lambda: is_answering(process.pid))
    assert evening.graded == 0


def test_what_a_killed_run_left_behind_is_removed_by_the_next(tmp_path: Path) -> None:
    evening = Evening(tmp_path, 1)
    left = evening.temporary / "gradlab-run-abc"
    others = [evening.temporary / name for name in ("gradlab-run-other", "other")]
    for folder in (left, *others):
        folder.mkdir()
    (left / "lock").touch()
    evening.finish()
    assert sorted(evening.temporary.iterdir()) == others


def test_output_that_nobody_reads_any_more_is_no_error(tmp_path: Path) -> None:
    evening = Evening(tmp_path, 1)
    with evening.start() as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, said = process.communicate()
    assert (process.returncode, said) == (0, b"")
    assert len(outputs(tmp_path)) == 3 + 1 + 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_a_run_on_a_cluster_goes_on_too(tmp_path: Path) -> None:
    from distributed import LocalCluster

    evening = Evening(tmp_path, 12)
    whole = evening.finish()
    evening.clear()
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=50,
    ) as cluster:
        options = ["--dask", cluster.scheduler_address]
        process = evening.start(*options)
        _, said = evening.stop(process, os.kill, signal.SIGINT, evening.has_graded(4))
        assert process.returncode == 130
        assert b"Traceback" not in said
        assert 4 <= evening.graded < 12
        assert evening.finish("--resume", *options) == whole
