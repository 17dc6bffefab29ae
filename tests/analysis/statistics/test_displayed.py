"""What a result shows in a notebook: its sentence in HTML."""

from analysis.statistics.displayed import Displayed, html_text


class Shown(Displayed):
    def __str__(self):
        return "a < b: `ebb plan`\nn  `2`"


def test_a_sentence_has_its_commands_as_code_and_the_rest_as_printed():
    assert html_text("1 ` 2") == "1 ` 2"
    shown = "<p><strong>a &lt; b: <code>ebb plan</code></strong></p><pre>n  `2`</pre>"
    assert Shown()._repr_html_() == shown
