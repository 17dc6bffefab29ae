"""`ebb cite`: a study's sources in BibTeX."""

import re
from pathlib import Path

import pytest

from analysis.metrics.registry import REGISTRY
from core import ClassSequential
from studies import Study
from studies.definition.catalogue import NAMES, find
from studies.definition.citing import BY_VALUE, SOURCES, bibliography
from studies.definition.references import REFERENCES
from tests.studies.conftest import refused, tiny

CITATION = (Path(__file__).parents[3] / "CITATION.cff").read_text()


def keys(text):
    return re.findall(r"^@\w+\{(\w+),$", text, re.MULTILINE)


def test_a_study_cites_its_methods_data_and_tests():
    found = keys(bibliography(find("split-mnist")))
    assert found[0] == "ebb"
    assert {"kirkpatrick2017", "zenke2017", "lecun1998", "hsu2018", "student1908"} <= set(found)
    assert "xiao2017" not in found


@pytest.mark.parametrize("name", NAMES)
def test_every_study_can_be_cited_each_source_once(name):
    text = bibliography(find(name))
    assert len(keys(text)) == len(set(keys(text)))
    assert text.count("{") == text.count("}")


def test_the_projects_entry_says_what_its_citation_file_says():
    entry = bibliography(find("class-order")).partition("\n\n")[0]
    for field in ("title", "version", "license"):
        (value,) = re.findall(rf'^{field}: "?([^"\n]*)"?$', CITATION, re.MULTILINE)
        assert value in entry, field
    (author,) = re.findall(r"- name: (.*)", CITATION)
    assert author in entry


def test_every_source_that_is_named_is_there():
    named = {key for known in BY_VALUE.values() for key in known.values()} | {*SOURCES.values()}
    assert named <= set(REFERENCES)
    assert {metric.source for metric in REGISTRY.values() if metric.source} <= set(SOURCES)


def test_the_command_prints_bibtex(ebb):
    assert ebb("cite", "class-order").out.startswith("@software{ebb,")
    assert "did you mean class-order?" in refused(ebb("cite", "class-ordr"))


def test_one_class_order_for_each_epoch_can_be_cited():
    orders = ClassSequential(classes=(tuple(range(10)), tuple(range(9, -1, -1))))
    study = Study(name="mine", question="?", conditions={"both": tiny(order=orders, epochs=2)})
    assert "@" in bibliography(study)
