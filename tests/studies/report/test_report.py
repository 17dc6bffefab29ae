"""The page of a study: what stands on it, whose its numbers are, and that text stays text."""

import csv
import io
import re
from itertools import pairwise

import pytest

from core import Store
from core.notes import note
from studies.definition.catalogue import find
from studies.definition.variant import variant_of
from studies.report.content import report_of
from studies.report.page import study_page
from studies.report.provenance import command_of
from studies.results.reading import read
from tests.studies.conftest import OTHER_ENVIRONMENT, keep, made_record, refused, tiny
from tests.studies.report.pages import Page

VALUES = {"shuffled": (0.95, 0.9, 0.95), "class-sequential": (0.8, 0.7, 0.85)}


def page_of(store, name="class-order", variant=None, *, drawn=True):
    """A page and its text; without its figures where nobody looks at them: they take seconds."""
    text = study_page(report_of(store, name, variant, None, drawn=drawn))
    return Page(text), text


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """Three pairs of runs of class-order in a store, its page, and the page's text."""
    store = Store(tmp_path_factory.mktemp("three") / "results")
    for condition, values in VALUES.items():
        for seed, accuracy in enumerate(values):
            keep(store, made_record(condition, seed, accuracy=accuracy), planned=3)
    return store, *page_of(store)


def lines(call):
    assert call.status in (0, 1), call
    return {" ".join(line.split()) for line in call.out.splitlines()}


def rows(table):
    return [" ".join(" ".join(row).split()) for row in table.rows]


# What stands on a page, and in which order.


def test_the_verdict_is_the_first_of_the_results(three):
    _, page, _ = three
    assert [words for level, words in page.headings if level == 2] == [
        *("The verdict", "What was done", "The numbers", "Figures", "Reported elsewhere"),
        *("Environment and runs", "Do it again"),
    ]


def test_what_was_forgotten_most_and_its_figure_stand_with_the_verdict(three):
    store, page, text = three
    (said,) = [each for each in page.paragraphs if "forgotten" in each]
    assert said in " ".join(report_of(store, "class-order", drawn=False).verdicts)
    answer, rest = text.split('id="protocol"', 1)
    assert answer.count("<svg ") == 1
    assert 'id="figure-drops"' in answer
    assert rest.index('id="figure-segments"') < rest.index('id="figure-differences"')


def test_the_title_is_the_question_and_headings_do_not_skip(three):
    _, page, _ = three
    levels = [level for level, _ in page.headings]
    assert levels.count(1) == 1
    assert page.headings[0][0] == 1
    assert page.headings[0][1].startswith("How much of each class does a network forget")
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_screen_reader_finds_language_landmarks_and_words_for_every_drawing(three):
    _, page, _ = three
    assert page.elements("html") == [{"lang": "en"}]
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.elements(landmark)) == 1
    drawings = page.elements("svg")
    assert len(drawings) >= 5
    for drawing in drawings:
        assert drawing["role"] == "img"
        assert re.search(r"\d", drawing["aria-label"]), "an alternative text says the main numbers"
    assert len({drawing["aria-label"] for drawing in drawings}) == len(drawings)


def test_every_table_has_a_caption_and_headings_with_a_scope(three):
    _, page, _ = three
    for table in page.tables:
        assert table.caption
        assert set(table.scopes) <= {"col", "row"}
        assert "row" in table.scopes
        assert len({len(row) for row in table.rows}) == 1


def test_ids_are_unique_and_every_reference_has_its_target(three):
    _, page, text = three
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a}
    links = {a["href"][1:] for _, a in page.tags if (a.get("href") or "").startswith("#")}
    assert named | links | set(re.findall(r"url\(#([^)]+)\)", text)) <= set(ids)


def test_nothing_is_loaded_and_nothing_runs(three):
    _, page, text = three
    assert not page.elements("script")
    assert not page.elements("link")
    assert "http" not in re.sub(r"http-equiv", "", text)
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:image/png;base64,"))
    (policy,) = [a for a in page.elements("meta") if a.get("http-equiv")]
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@pytest.mark.slow
def test_the_same_records_give_the_same_page(three):
    store, _, text = three
    assert study_page(report_of(store, "class-order", None, None)) == text


def test_the_protocol_is_in_words_and_what_differs_in_a_table(three):
    _, page, _ = three
    assert "The data are MNIST." in page.text
    assert "2 hidden layers of 150 and 100 units (relu), dropout 0.5 after each" in page.text
    assert page.table("What differs by condition").rows == [
        ["condition", "order"],
        ["shuffled", "shuffled anew in every epoch"],
        ["class-sequential", "one class after the other, in every epoch"],
    ]


def test_the_line_that_reproduces_it_names_the_seeds_that_were_run(three):
    assert "ebb run class-order --seeds 3" in three[1].text


# Every number on the page is the one that the commands print.


def test_the_verdict_is_what_compare_says(three, ebb):
    store, page, _ = three
    call = ebb("compare", "class-order", "--store", store.folder)
    sentence = call.out.splitlines()[0]
    assert sentence in page.paragraphs
    printed = lines(call)
    in_full = page.table("test accuracy of class-sequential and shuffled")
    assert set(rows(in_full)[1:]) <= printed
    assert len(in_full.rows) - 1 == len(printed - {"", sentence})


@pytest.mark.parametrize(
    ("kind", "caption"),
    [
        ("forgetting", "what each class loses after its training segment"),
        ("summary", "final figures over the seeds"),
        ("per-class", "“Each class at the end”"),
    ],
)
def test_tables_have_the_cells_that_table_prints(kind, caption, three, ebb):
    store, page, _ = three
    printed = lines(ebb("table", "class-order", "--kind", kind, "--store", store.folder))
    found = rows(page.table(caption))
    assert len(found) > 10
    assert set(found) <= printed


def test_footnotes_are_those_of_the_table(three, ebb):
    store, page, _ = three
    printed = lines(ebb("table", "class-order", "--store", store.folder))
    notes = [note for note in page.lists if "In percent and points" in note or "fragile" in note]
    assert len(set(notes)) == 2
    assert set(notes) <= printed


def test_percentages_are_the_fractions_of_the_csv(three, ebb):
    store, page, _ = three
    out = ebb(
        "table", "class-order", "--kind", "per-class", "--format", "csv", "--store", store.folder
    )
    found = page.table("“Each class at the end”").rows[1:]
    given = list(csv.DictReader(io.StringIO(out.out)))
    assert len(found) == len(given) == 20
    for row, line in zip(found, given, strict=True):
        assert row[:3] == [line["condition"], line["class"], line["n"]]
        assert float(row[3]) == pytest.approx(100 * float(line["mean"]), abs=0.05)


def test_what_was_reported_elsewhere_is_what_check_prints(three, ebb):
    store, page, _ = three
    printed = lines(ebb("check", "class-order", "--store", store.folder))
    assert set(rows(page.table("Reported elsewhere, and measured here"))) <= printed
    claim, verdict, difference = page.table("Claims made elsewhere").rows[1]
    assert f"claim: {claim}: {verdict} ({difference})" in printed
    (sentence,) = [each for each in page.paragraphs if "prediction interval" in each]
    assert f"class-order (full): {sentence}" in printed


def test_a_family_has_the_rows_of_compare(ebb, store):

    recipes = find("learning-rate").conditions
    for k, (condition, recipe) in enumerate(recipes.items()):
        for seed in range(3):
            accuracy = 0.5 + 0.08 * k + 0.05 * (seed == k % 3)
            more = {"study": "learning-rate", "recipe": recipe, "accuracy": accuracy}
            keep(store, made_record(condition, seed, **more), planned=10)
    page, _ = page_of(store, "learning-rate", drawn=False)
    call = ebb("compare", "learning-rate")
    printed = lines(call)
    assert set(rows(page.table("one family"))) <= printed
    assert {each for each in page.paragraphs if "Bonferroni over 4" in each} <= printed
    assert any("learning rate" in words for _, words in page.headings)
    assert set(rows(page.table("conditions beside each other, test accuracy in detail"))) <= lines(
        ebb("table", "learning-rate")
    )
    assert "Incomplete: 15 of 50 planned runs have a result" in page.text


# What a store may hold.


def test_one_condition_with_one_seed_says_so(store):
    keep(store, made_record("shuffled", 0))
    page, _ = page_of(store, drawn=False)
    assert "One seed: values without intervals, and no verdict." in page.text
    assert "Not run: class-sequential." in page.text
    assert "The study plans no comparison that these runs can decide" in page.text
    assert "ebb run class-order --conditions shuffled --seeds 1" in page.text


def test_failures_alone_give_a_page_without_figures_that_says_why(store):
    for seed in range(2):
        lost = {"status": "failed", "error": "RuntimeError: out of memory", "evaluations": ()}
        keep(store, made_record("shuffled", seed, segments=False, **lost))
    page, _ = page_of(store)
    assert "No run finished" in page.text
    assert not page.elements("svg")
    assert page.table("Runs that did not finish").rows[1][:4] == [
        *("shuffled", "0", "failed", "RuntimeError: out of memory")
    ]


def test_a_study_half_done_is_counted_as_such(filled):
    keep(filled, made_record("shuffled", 2, status="diverged"), planned=2)
    page, _ = page_of(filled, drawn=False)
    assert page.table("How the runs ended").rows[1:] == [
        ["shuffled", "2", "2", "1", "0", "0", "0 to 2"],
        ["class-sequential", "2", "2", "0", "0", "0", "0 to 1"],
    ]


def test_stale_records_and_other_variants_are_said(store):
    old = made_record(variant="quick,epochs=3", environment=OTHER_ENVIRONMENT)
    keep(store, old)
    page, _ = page_of(store, drawn=False)
    assert "Stale: recorded in another environment" in page.text
    assert "This is the variant quick,epochs=3, not the full study." in page.text
    assert "ebb run class-order --quick --set epochs=3" in page.text
    assert "another: stale" in page.text


def test_a_study_known_by_its_name_alone_has_a_page(store):
    for seed in range(2):
        keep(store, made_record("a", seed, study="mine", recipe=tiny(), segments=False))
    page, _ = page_of(store, "mine", drawn=False)
    assert page.headings[0] == (1, "mine")
    assert "Known by its name alone" in page.text
    assert "ebb run FILE.py --seeds 2" in page.text


def test_a_study_without_networks_has_its_proportions(store):
    from studies.definition.scoring import Scoring

    study = find("polynomial-degree")
    percent: dict[str, list[float]] = {}
    for condition, recipe in study.conditions.items():
        assert isinstance(recipe, Scoring)
        if recipe.scores.parameters["noise"] != 0.5:
            continue
        found = [
            recipe.run(s, study=study.name, variant="full", condition=condition) for s in range(2)
        ]
        store.save_all([(record, recipe.digest()) for record in found], 200)
        complex_ = [v for r in found for _, _, name, v in r.history if name == "share too complex"]
        if complex_:
            of_rule = percent.setdefault(recipe.scores.parameters["rule"], [])
            of_rule.append(50 * sum(complex_))
    page, _ = page_of(store, "polynomial-degree")
    assert len(percent) == 2
    for rule, each in percent.items():
        assert (
            f"{rule}: share too complex from {min(each):.1f} to {max(each):.1f} %, "
            f"{sum(each) / len(each):.1f} on average over {len(each)} conditions."
        ) in page.text
    assert "proportion: too complex, in percent of the n seeds" in page.text
    assert "No network is trained" in page.text
    assert "Proportions" in [words for _, words in page.headings]
    assert not any("curves" in words for _, words in page.headings)


def test_a_file_of_the_user_s_own_is_read_for_its_question(tmp_path, store):
    (tmp_path / "mine_on_a_page.py").write_text(
        "from core import Recipe, spec\nfrom studies import Study\n"
        'recipe = Recipe(dataset="digits", model=spec("mlp"), epochs=2)\n'
        'study = Study(name="mine", question="Is 1 < 2 & 3?", conditions={"a": recipe})\n'
    )
    keep(store, made_record("a", 0, study="mine", recipe=tiny(), segments=False))
    page, text = page_of(store, "mine_on_a_page.py", drawn=False)
    assert page.headings[0] == (1, "Is 1 < 2 & 3?")
    assert "<h1>Is 1 &lt; 2 &amp; 3?</h1>" in text
    assert "ebb run mine_on_a_page.py" in page.text


@pytest.mark.parametrize(
    ("seeds", "typed"),
    [((0, 1), "2"), ((3, 4, 5), "3-5"), ((3,), "3-3"), ((0, 2, 5, 6), "0,2,5-6")],
)
def test_seeds_are_written_as_they_are_typed(store, seeds, typed):
    for seed in seeds:
        keep(store, made_record("shuffled", seed))
    assert (
        f"ebb run class-order --conditions shuffled --seeds {typed}"
        in page_of(store, drawn=False)[1]
    )


def test_what_every_run_took_of_memory_is_one_line(store):
    for seed, megabytes in enumerate((612, 640, 633)):
        notes = (note("memory", megabytes=megabytes), note("other", text="XLA, not graph mode"))
        keep(store, made_record("shuffled", seed, notes=notes))
    page, _ = page_of(store, drawn=False)
    found = page.table("What the numbers were measured with").rows
    assert [row for row in found if "memory" in row[0]] == [
        ["memory of a worker, at most", "640 MB"]
    ]
    assert [row[1] for row in found if row[0] == "note of runs"] == ["XLA, not graph mode"]


def test_hostile_names_errors_and_remarks_stay_text(store):
    name = '<script>alert("$x^{")</script>\x1b[31m\u202e&'
    error = '<img src=x onerror="alert(1)">'
    notes = (note("data", said="</style><script>1</script>"),)
    more = {"study": "mine", "recipe": tiny(), "segments": False}
    keep(store, made_record(name, 0, notes=notes, **more))
    keep(store, made_record(name, 1, status="failed", error=error, **more))
    page, text = page_of(store, "mine")
    assert not page.elements("script")
    assert not page.elements("img")
    assert error in page.text
    assert "</style><script>1</script>" in page.text
    # No name of a study or condition has such characters: they are shown as question marks.
    assert "?script?alert???x??????script???31m??" in page.text
    assert "\x1b" not in text


def test_many_conditions_have_the_deciding_metric_alone_beside_the_verdict(tmp_path):
    store = Store(tmp_path / "results")
    for number, condition in enumerate(("noise-0", "noise-0.1", "noise-0.2")):
        recipe = find("label-noise").conditions[condition]
        for seed in range(2):
            accuracy = 0.9 - number / 10 + seed / 100
            keep(store, made_record(condition, seed, study="label-noise", recipe=recipe,
                                    accuracy=accuracy, segments=False))  # fmt: skip
    report = report_of(store, "label-noise")
    assert report.figures[0].name == "primary"
    assert len(report.figures[0].figure.axes) == 1


def test_a_variant_that_was_run_with_more_seeds_is_repeated_with_as_many(store):
    variant = variant_of(find("class-order"), {"epochs": 1}, quick=True)
    for name, recipe in variant.study.conditions.items():
        for seed in range(10):
            keep(store, made_record(name, seed, recipe=recipe, variant=variant.name))
    line, _ = command_of(read(store, "class-order"), "class-order", find("class-order"))
    assert line.endswith("--seeds 10")


def test_more_runs_of_one_condition_do_not_stand_in_for_those_of_another(store):
    for seed in range(10):
        keep(store, made_record(seed=seed), planned=5)
    keep(store, made_record("class-sequential"), planned=5)
    page, _ = page_of(store, drawn=False)
    assert "Incomplete: 6 of 10 planned runs have a result" in page.text


def test_a_study_called_index_is_not_overwritten_by_the_index(ebb, store, tmp_path):
    for name in ("index", "other"):
        keep(store, made_record(study=name, recipe=tiny(), segments=False))
    line = refused(ebb("report", "index", "other", "--out", tmp_path / "pages"))
    assert "called index" in line
