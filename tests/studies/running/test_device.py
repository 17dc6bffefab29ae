"""What is trained on: the processor, or a GPU that is there. No GPU was at hand to train on."""

import os
from dataclasses import replace

import pytest

from core import environment, fingerprint
from core.training import environment as module
from core.training.environment import made_here
from core.training.in_force import check_device
from core.training.settings import worker_variables
from data import InputError
from studies.definition.catalogue import find
from studies.definition.variant import variant_of
from studies.results.reading import read
from studies.running.plan import make_plan
from studies.running.request import Request
from tests.studies.conftest import in_a_process, made_record


@pytest.fixture
def card(tmp_path, monkeypatch, asked_anew):
    """A machine whose driver lists a GPU."""
    program = tmp_path / "bin" / "nvidia-smi"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho A card\necho Another\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def request(store, **more):
    return Request(variant=variant_of(find("class-order"), {}, quick=True), store=store, **more)


def test_a_gpu_that_is_not_there_is_refused_in_a_line(tmp_path):
    done = in_a_process("run", "class-order", "--quick", "--device", "gpu", folder=tmp_path)
    assert (done.status, done.out) == (2, "")
    assert done.err.strip() == (
        "ebb: Received device gpu; expected a machine with one that `nvidia-smi` lists: there is "
        "none here, leave the device out."
    )


@pytest.mark.slow
def test_a_gpu_that_tensorflow_does_not_see_is_refused_in_a_line(tmp_path, card):
    words = ("run", "class-order", "--quick", "--seeds", "1", "--device", "gpu")
    done = in_a_process(*words, folder=tmp_path, PATH=os.environ["PATH"])
    assert done.status == 2
    assert "this one does not, install tensorflow[and-cuda], or leave" in done.err.splitlines()[-1]


def test_runs_on_a_gpu_have_a_fingerprint_of_their_own(card):
    assert environment("gpu") == {**environment(), "device": "A card"}
    assert made_here(fingerprint(environment()))
    assert made_here(fingerprint(environment("gpu")))
    assert not made_here("f" * 16)


def test_the_processor_is_left_out_of_the_fingerprint(asked_anew):
    assert "device" not in environment()
    assert made_here(fingerprint(environment("cpu")))
    assert not made_here("f" * 16)


def test_the_driver_is_asked_for_no_run_of_the_processor(asked_anew, monkeypatch):
    monkeypatch.setattr(module, "_cards", pytest.fail)
    assert made_here(fingerprint(environment()))


def test_its_runs_go_one_at_a_time(card, store):
    assert request(store, device="gpu").processes == 1
    for given in ({"workers": 2}, {"scheduler": "tcp://there:1"}):
        with pytest.raises(InputError, match="runs on a GPU of this machine go one at a time"):
            request(store, device="gpu", **given)
    with pytest.raises(InputError, match="expected one of cpu, gpu"):
        request(store, device="tpu")


def test_what_a_gpu_trained_is_not_trained_again_there_and_is_not_stale(card, store):
    asked = request(store, device="gpu")
    jobs = make_plan(asked).jobs
    assert {job.device for job in jobs} == {"gpu"}
    first = jobs[0]
    done = made_record(
        first.condition, first.seed, variant="quick", recipe=first.recipe, data=first.data[0],
        environment=environment("gpu"),
    )  # fmt: skip
    store.save(done, first.recipe.digest(), 10)
    assert len(make_plan(asked).jobs) == len(jobs) - 1
    assert len(make_plan(replace(asked, device="cpu")).jobs) == len(jobs)
    assert not [note for note in read(store, "class-order").notes if "stale" in note]


def test_a_worker_is_told_and_takes_memory_as_it_needs_it(monkeypatch):
    variables = worker_variables({}, "gpu")
    assert variables["CUDA_VISIBLE_DEVICES"] == "0"
    assert variables["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert worker_variables({})["CUDA_VISIBLE_DEVICES"] == "-1"
    monkeypatch.setenv("EBB_DEVICE", variables["EBB_DEVICE"])
    with pytest.raises(InputError, match="expected a TensorFlow that sees it"):
        check_device()
