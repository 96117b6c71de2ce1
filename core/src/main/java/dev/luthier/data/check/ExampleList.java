package dev.luthier.data.check;

import dev.luthier.data.Preview.PreviewRow;
import dev.luthier.data.Preview.Segment;
import dev.luthier.data.check.AuditReport.ExampleRow;
import dev.luthier.data.check.AuditReport.SourceFile;
import java.util.List;
import java.util.stream.Collectors;

/** Rows of a page as they are trained: what counts in the loss is marked, the rest is dim. */
record ExampleList(List<SourceFile> files, List<ExampleRow> examples) {
  Html html() {
    return examples.isEmpty()
        ? Html.of("<p>No rows are shown.</p>\n")
        : Html.of(
            """
            <p>The first rows as they are trained: <mark>what counts in the loss</mark>, what is only \
            read, <b class="marker">what is special to the template</b>.</p>
            %s""",
            Html.all(examples.stream().map(this::example)));
  }

  private Html example(ExampleRow example) {
    PreviewRow row = example.row();
    String file = files.size() > 1 ? " of " + files.get(example.file()).path() : "";
    return Html.of(
        """
        <article class="example">
        <h3>Row %d%s</h3>
        <p class="facts">%,d tokens, %,d trained (%.0f %%)</p>
        <pre class="document" tabindex="0" dir="auto" aria-label="Row %d%s">%s</pre>
        <details class="ids"><summary>Token ids</summary><ol>
        %s</ol></details>
        </article>
        """,
        row.row(),
        file,
        row.tokens(),
        row.trained(),
        100.0 * row.trained() / Math.max(1, row.tokens()),
        row.row(),
        file,
        Html.all(row.segments().stream().map(ExampleList::segment)),
        Html.all(row.segments().stream().map(ExampleList::ids)));
  }

  private static Html segment(Segment segment) {
    return Html.of(
        segment.trained()
            ? "<mark title=\"%,d trained tokens\">%s</mark>"
            : "<span title=\"%,d tokens that are read, not trained\">%s</span>",
        segment.ids().size(),
        Html.shown(segment.text()));
  }

  private static Html ids(Segment segment) {
    return Html.of(
        segment.trained() ? "<li><mark>%s</mark></li>\n" : "<li>%s</li>\n",
        segment.ids().stream().map(String::valueOf).collect(Collectors.joining(" ")));
  }
}
